package cli

import (
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"porthole/internal/listing"
	"porthole/internal/report"
	"porthole/internal/sentence"
)

// commonFlags are the flags of a command that writes records; "" is no command.
func commonFlags(command string) []cli.Flag {
	var formats []string
	for _, f := range report.FormatsOf(command) {
		formats = append(formats, string(f))
	}
	return append([]cli.Flag{
		&cli.GenericFlag{Name: "output", Aliases: []string{"o"}, Value: new(texts), Usage: "`FORMAT[=FILE]` " + strings.Join(formats, ", ")},
	}, messageFlags()...)
}

// messageFlags are the flags of every command.
func messageFlags() []cli.Flag {
	return []cli.Flag{
		&cli.StringFlag{Name: "color", Value: "auto", Usage: "`WHEN` auto (default), always or never"},
		&cli.BoolFlag{Name: "quiet", Aliases: []string{"q"}, Usage: "no summary on standard error"},
		&cli.BoolFlag{Name: "verbose", Aliases: []string{"v"}, Usage: "more on standard error"},
	}
}

// texts is the value of a flag that may be given several times: each as it was
// typed, where a StringSliceFlag would cut it at commas and take it for UTF-8.
type texts []string

func (t *texts) Set(text string) error {
	*t = append(*t, text)
	return nil
}

func (t *texts) String() string { return strings.Join(*t, ", ") }

// textsOf gives what such a flag was given.
func textsOf(ctx *cli.Context, name string) []string {
	if t, ok := ctx.Generic(name).(*texts); ok {
		return *t
	}
	return nil
}

// repeats reports whether a flag may be given several times.
func repeats(f cli.Flag) bool {
	g, ok := f.(*cli.GenericFlag)
	if !ok {
		return false
	}
	_, ok = g.Value.(*texts)
	return ok
}

// checkWord fails if the value of a flag is not one of the words.
func checkWord(flag, value string, words ...string) error {
	if slices.Contains(words, value) {
		return nil
	}
	return usagef("%s: unknown value %q; write %s", flag, value, sentence.Join(words, "or"))
}

// splitWords reads the value of a flag that is several of the words, with commas.
func splitWords(flag, value string, words ...string) (items []string, err error) {
	for item := range strings.SplitSeq(value, ",") {
		item = strings.ToLower(strings.TrimSpace(item))
		if !slices.Contains(words, item) {
			return nil, usagef("%s: unknown value %q; write %s", flag, item, strings.Join(words, ", "))
		}
		items = append(items, item)
	}
	return items, nil
}

// The words that flags take, for reading and for completion.

func showStates() []string {
	return []string{"open", "closed", "filtered", "open|filtered", "closed|filtered", "unknown", "all"}
}

func listProtos() []string { return []string{"tcp", "udp", "udplite"} }

func exposures() []string {
	return []string{"loopback", "local", "public", "all", listing.Reachable, listing.Firewalled}
}

func scopes() []string { return []string{"all", "self"} }

func whens() []string { return []string{"auto", "always", "never"} }

func discovers() []string { return append(whens(), "only") }
