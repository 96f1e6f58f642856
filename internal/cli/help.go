package cli

import (
	"fmt"
	"strings"

	"github.com/urfave/cli/v2"

	"porthole/internal/manual"
)

// appHelp is a urfave/cli template.
func appHelp() string {
	return `porthole - which ports does a host answer on, and who holds them here

Usage:
  porthole COMMAND [flags] [arguments]

Commands:
{{range .VisibleCommands}}{{if ne .Name "help"}}  {{printf "%-10s" .Name}}  {{.Usage}}
{{end}}{{end}}  help        this text, or the help of a command

Flags may stand before or after the arguments.
porthole COMMAND --help explains a command; porthole --version names the build.
` + manual.ExamplesHelp(manualExamples(examples(
		"porthole scan localhost", "which common ports answer on this machine",
		"porthole list --privileged", "who holds the privileged ports here",
		"porthole 8080", "who is on port 8080 here (explain)",
		"porthole lookup 9090", "what port 9090 is for",
	))) + `
Exit codes:
  ` + exitLines("\n  ") + "\n"
}

// exitLines is every exit code with its meaning, those of signals on a line of their own.
func exitLines(separator string) string {
	var b strings.Builder
	for i, e := range exitMeanings() {
		switch {
		case e.code == exitHungUp:
			b.WriteString("," + separator)
		case i > 0:
			b.WriteString(", ")
		}
		fmt.Fprintf(&b, "%d %s", e.code, e.meaning)
	}
	return b.String()
}

// describeAll gives the program and every command its --help, made from its
// definition.
func describeAll(app *cli.App) {
	app.CustomAppHelpTemplate = appHelp()
	for _, cmd := range app.Commands {
		cmd.CustomHelpTemplate = describe(cmd).Help()
	}
}

// asksForHelp reports whether arranged arguments ask for help.
func asksForHelp(args []string) bool {
	for _, arg := range args[1:] {
		switch arg {
		case "help", "--help", "-h", "--help=true":
			return true
		case "--":
			return false
		}
	}
	return false
}

// describe reads a definition. Description is the paragraph below the flags,
// and UsageText holds the examples.
func describe(cmd *cli.Command) manual.Command {
	m := manual.Command{
		Name:     cmd.Name,
		Aliases:  cmd.Aliases,
		About:    cmd.Usage,
		Args:     cmd.ArgsUsage,
		Text:     cmd.Description,
		Examples: manualExamples(cmd.UsageText),
	}
	for _, f := range cmd.Flags {
		m.Flags = append(m.Flags, describeFlag(f))
	}
	return m
}

func describeFlag(f cli.Flag) (m manual.Flag) {
	for _, name := range f.Names() {
		if len(name) == 1 {
			m.Short = name
		} else {
			m.Long = name
		}
	}
	m.Value, m.Usage = splitUsage(f)
	return m
}

// examples joins pairs of a command line and its meaning into a UsageText.
func examples(pairs ...string) string {
	var b strings.Builder
	for i, s := range pairs {
		b.WriteString(s)
		b.WriteByte("\t\n"[i%2])
	}
	return b.String()
}

func manualExamples(text string) (list []manual.Example) {
	for line := range strings.Lines(text) {
		command, meaning, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "\t")
		list = append(list, manual.Example{Line: command, Meaning: meaning})
	}
	return list
}

// splitUsage splits the usage text of a flag into the name of its value, which is
// in backquotes, and the rest.
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
