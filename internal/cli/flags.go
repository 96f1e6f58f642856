package cli

import (
	"strings"

	"github.com/urfave/cli/v2"
)

// commonFlags are the flags of every command.
func commonFlags() []cli.Flag {
	return []cli.Flag{
		&cli.StringSliceFlag{Name: "output", Aliases: []string{"o"}, Usage: "`FORMAT[=FILE]` table, wide, json, jsonl, csv, html, markdown; scan: xml, grep; list: prometheus; audit: sarif, junit"},
		&cli.StringFlag{Name: "color", Value: "auto", Usage: "`WHEN` auto (default), always or never"},
		&cli.BoolFlag{Name: "quiet", Aliases: []string{"q"}, Usage: "no summary on standard error"},
		&cli.BoolFlag{Name: "verbose", Aliases: []string{"v"}, Usage: "more on standard error"},
	}
}

// oneOf checks a comma-separated value against the words it may hold.
func oneOf(flag, value string, words ...string) ([]string, error) {
	var out []string
	for item := range strings.SplitSeq(value, ",") {
		item = strings.TrimSpace(item)
		known := false
		for _, w := range words {
			known = known || w == item
		}
		if !known {
			return nil, usagef("%s: unknown value %q; write %s", flag, item, strings.Join(words, ", "))
		}
		out = append(out, item)
	}
	return out, nil
}

// The words that some values are made of, for the reading of flags and for
// completion alike.

func showStates() []string {
	return []string{"open", "closed", "filtered", "open|filtered", "unknown", "all"}
}

func listProtos() []string { return []string{"tcp", "udp", "udplite"} }

func exposures() []string { return []string{"loopback", "local", "public", "all"} }

func scopes() []string { return []string{"all", "self"} }

func whens() []string { return []string{"auto", "always", "never"} }
