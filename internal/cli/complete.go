package cli

import (
	"fmt"
	"strings"

	"github.com/urfave/cli/v2"

	"porthole/internal/report"
	"porthole/registry"
)

// completeCommand is what the completion scripts call: porthole complete -- WORD...
// completes the last word. It prints a line for each candidate: the word, a tab,
// and what it is. A line with one of
//
//	:files, :hosts, :users
//
// lets the shell complete these; behind a tab is the part of the word before
// them. :nospace asks for no space after the word. There are no errors: what
// cannot be completed has no candidates.
func (c console) completeCommand() *cli.Command {
	return &cli.Command{
		Name:      "complete",
		Usage:     "what may stand in place of the last word",
		ArgsUsage: "-- WORD...",
		Hidden:    true,
		Action: func(ctx *cli.Context) error {
			q := &completer{ctx: ctx.Context, app: c.app(), services: &registry.Registry{}}
			if s, err := c.services(); err == nil {
				q.services = s
			}
			q.complete(ctx.Args().Slice())
			for _, line := range q.candidates {
				if _, err := fmt.Fprintln(c.out, line); err != nil {
					return err
				}
			}
			return nil
		},
		UsageText: examples(
			"porthole complete -- sc", "the commands that begin so",
			"porthole complete -- scan -p ht", "services for -p",
			"porthole complete -- lookup ''", "what lookup takes",
		),
	}
}

// complete finds the candidates for the last of the words.
func (q *completer) complete(words []string) {
	if len(words) == 0 {
		return
	}
	typed := words[len(words)-1]
	if typed == `""` { // PowerShell's empty word
		typed = ""
	}
	words = words[:len(words)-1]
	name, rest, err := splitCommand(q.app, words)
	if q.command = q.app.Command(name); err == nil && q.command != nil {
		q.flags, q.kind = q.command.Flags, argumentKind(q.command)
	} else {
		q.flags, q.kind, rest = append(q.app.Flags, commonFlags("")...), "COMMAND", words
	}
	q.line = flagsSoFar{flags: q.flags, seen: make(map[string]bool)}
	for _, w := range rest {
		q.line.read(w)
	}
	q.word(typed)
}

// argumentKind is what a command takes, from its usage line: "[QUERY...]".
func argumentKind(cmd *cli.Command) string {
	return strings.TrimSuffix(strings.Trim(cmd.ArgsUsage, "[]"), "...")
}

// word completes a word: a flag, its value, or an argument.
func (q *completer) word(typed string) {
	letters := len(typed) > 1 && typed[0] == '-' && typed[1] != '-'
	switch {
	case q.line.pending != nil:
		q.value(q.line.pending, "", typed)
	case q.line.ended:
		q.offer(q.kind, "", typed)
	case strings.HasPrefix(typed, "--") && strings.Contains(typed, "="):
		name, value, _ := strings.Cut(typed, "=")
		if f := find(q.flags, name[2:]); f != nil && (takesValue(f) || standsAlone(f)) {
			q.value(f, name+"=", value)
		}
	case letters && len(typed) > 2 && takesNext(q.flags, typed[:2]):
		value := strings.TrimPrefix(typed[2:], "=")
		q.value(find(q.flags, typed[1:2]), strings.TrimSuffix(typed, value), value)
	case letters && typed[1] >= '0' && typed[1] <= '9' && find(q.flags, typed[1:]) == nil:
		q.offer(q.kind, "", typed)
	case strings.HasPrefix(typed, "-"):
		q.flag(typed)
	default:
		q.offer(q.kind, "", typed)
	}
}

// flag offers the flags that may still be given, by their long names.
func (q *completer) flag(typed string) {
	for _, f := range append(q.flags, cli.HelpFlag) {
		if q.line.seen[f.Names()[0]] && !repeats(f) {
			continue
		}
		m := describeFlag(f)
		switch {
		case m.Short != "" && (m.Long == "" || typed == "-"+m.Short):
			q.add("-"+m.Short, typed, m.Usage)
		case m.Long != "":
			q.add("--"+m.Long, typed, m.Usage)
		}
	}
}

func (q *completer) value(f cli.Flag, before, typed string) {
	kind, _ := splitUsage(f)
	q.offer(kind, before, typed)
}

// add adds a candidate that begins with what is typed. What a shell would not
// take for a word is left out.
func (q *completer) add(word, typed, about string) {
	if strings.HasPrefix(word, typed) && !strings.ContainsFunc(word, special) {
		q.candidates = append(q.candidates, strings.TrimRight(word+"\t"+report.Escape(about), "\t"))
	}
}

func special(r rune) bool {
	word := r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9'
	return !word && !strings.ContainsRune("-_.,:=/@%+|", r)
}

// flagsSoFar is what the words before the cursor mean.
type flagsSoFar struct {
	flags   []cli.Flag
	seen    map[string]bool
	pending cli.Flag // waits for its value
	ended   bool     // by --
}

func (l *flagsSoFar) read(word string) {
	switch {
	case l.pending != nil:
		l.pending = nil
	case l.ended:
	case word == "--":
		l.ended = true
	case strings.HasPrefix(word, "--"):
		name, _, given := strings.Cut(word[2:], "=")
		l.see(name, !given)
	case strings.HasPrefix(word, "-"):
		for i := 1; i < len(word); i++ {
			if l.see(word[i:i+1], i == len(word)-1) {
				return
			}
		}
	}
}

// see notes a flag, and reports whether it takes a value. That is the next word if
// the flag is the last of its word.
func (l *flagsSoFar) see(name string, last bool) bool {
	f := find(l.flags, name)
	if f == nil {
		return false
	}
	l.seen[f.Names()[0]] = true
	if takesValue(f) && last {
		l.pending = f
	}
	return takesValue(f)
}
