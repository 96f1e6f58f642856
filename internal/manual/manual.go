// Package manual makes the help of the commands and their manual pages.
//
// [Command.Help] is the text of --help. [Program.Pages] makes pages in man(7), with
// the longer text from docs/cli.md. Both are made from the definitions of the
// commands, so that help, manual pages and documentation agree.
package manual

// Command describes one command.
type Command struct {
	Name     string
	Aliases  []string
	About    string // one line
	Args     string // as in the usage line, "TARGET..."
	Text     string // what the flags do not say, a paragraph; may be ""
	Flags    []Flag
	Examples []Example
}

// Flag describes one flag of a command.
type Flag struct {
	Short string // one letter; may be ""
	Long  string // may be "" if Short is not
	Value string // the name of the value; "" if the flag has none
	Usage string // one line
}

// Example is a command line, and what it does.
type Example struct {
	Line, Meaning string
}
