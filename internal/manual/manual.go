// Package manual lays out what porthole says about its commands: the help on a
// screen and the manual pages.
//
// Start with [Command.Help]. [Pages] makes the pages of man(7), the longer text
// of which comes out of docs/cli.md.
//
// The package promises that whatever it lays out comes from the definitions it
// is given, so that help, pages and documentation cannot disagree about them.
package manual

// Command is what is known of one command.
type Command struct {
	Name     string
	Aliases  []string
	About    string // one line
	Args     string // as in the usage line: "TARGET..."
	Text     string // a paragraph that the flags do not say, may be ""
	Flags    []Flag
	Examples []Example
}

// Flag is one flag of a command.
type Flag struct {
	Short string // one letter, may be ""
	Long  string // may be "" if there is a letter
	Value string // what the value is called, "" for a switch
	Usage string // one line
}

// Example is a command line and what it does.
type Example struct {
	Line, Meaning string
}
