package cli

import (
	"fmt"
	"strings"

	"github.com/urfave/cli/v2"
)

// appHelp is a urfave/cli template.
const appHelp = `porthole - which ports does a host answer on, and who holds them here

Usage:
  porthole COMMAND [flags] [arguments]

Commands:
{{range .VisibleCommands}}  {{printf "%-8s" .Name}} {{.Usage}}
{{end}}
Flags may stand before or after the arguments.
porthole COMMAND --help explains a command; porthole --version names the build.

Exit codes:
  0 done, 1 failed, 2 usage, 3 done but incomplete, 130 interrupted
`

// commandHelp lays out the help of one command. The words in backquotes in a
// flag's usage name its value.
func commandHelp(name, about, args string, flags []cli.Flag, more string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "porthole %s - %s\n\nUsage:\n  porthole %s [flags] %s\n\nFlags:\n", name, about, name, args)
	for _, f := range flags {
		names := f.Names()
		short := "    "
		if len(names) > 1 && len(names[1]) == 1 {
			short = "-" + names[1] + ", "
		}
		long := "--" + names[0]
		if len(names[0]) == 1 {
			short, long = "-"+names[0], ""
		}
		value, text := splitUsage(f)
		fmt.Fprintf(&b, "  %-26s %s\n", strings.TrimRight(short+long+" "+value, " "), text)
	}
	b.WriteString("\n" + strings.TrimSpace(more) + "\n")
	return b.String()
}

// splitUsage takes the value's name out of a flag's usage text.
func splitUsage(f cli.Flag) (value, text string) {
	doc, ok := f.(cli.DocGenerationFlag)
	if !ok {
		return "", ""
	}
	text = doc.GetUsage()
	if rest, found := strings.CutPrefix(text, "`"); found {
		value, text, _ = strings.Cut(rest, "`")
		text = strings.TrimSpace(text)
	}
	return value, text
}
