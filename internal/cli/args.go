package cli

import (
	"fmt"
	"iter"
	"net"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"porthole/internal/sentence"
	"porthole/internal/spelling"
	"porthole/registry"
)

// arrange puts the command first, then its flags as --name=value, then "--" and
// the other words, because urfave/cli stops reading flags at the first word that
// is none: it would take the -p of `scan HOST -p 80` for a target. The errors name
// the nearest flag or command.
func arrange(app *cli.App, args []string) ([]string, error) {
	name, rest, err := splitCommand(app, args[1:])
	if err != nil || name == "" {
		return append([]string{args[0]}, rest...), err
	}
	if isPort(name) { // porthole 8080
		name, rest = "explain", append([]string{name}, rest...)
	}
	cmd := app.Command(name)
	if cmd == nil && name == "help" {
		if len(rest) == 0 || app.Command(rest[0]) != nil || rest[0] == "help" {
			return append([]string{args[0], "help"}, rest...), nil
		}
		name = rest[0]
	}
	if cmd == nil {
		return nil, usagef("no command %q; %s", name, meantInstead(app, name))
	}
	p := flagParser{command: cmd.Name, flags: cmd.Flags, seen: make(map[string]bool)}
	if err := p.parse(rest); err != nil {
		return nil, usage(fmt.Errorf("%s: %w", cmd.Name, err))
	}
	if slices.Contains(p.options, "--help=true") {
		return []string{args[0], cmd.Name, "--help=true"}, nil // urfave/cli would take the words for a subcommand
	}
	out := append([]string{args[0], cmd.Name}, p.options...)
	return append(append(out, "--"), p.words...), nil
}

// splitCommand finds the name of the command, which flags may precede.
func splitCommand(app *cli.App, args []string) (name string, rest []string, err error) {
	for i := 0; i < len(args); i++ {
		arg := args[i]
		switch {
		case arg == "--version" || arg == "--help" || arg == "-h":
			if i == 0 {
				return "", []string{arg}, nil
			}
		case !strings.HasPrefix(arg, "-"):
			return arg, slices.Concat(args[:i], args[i+1:]), nil
		case takesNext(commonFlags(""), arg):
			i++
		case !knows(commonFlags(""), arg):
			return "", nil, usagef("no flag %q before the command; %s", arg, flagInstead(app, arg))
		}
	}
	if len(args) > 0 {
		var names []string
		for _, cmd := range visible(app) {
			names = append(names, cmd.Name)
		}
		return "", nil, usagef("no command given; the commands are %s", sentence.Join(names, "and"))
	}
	return "", nil, nil
}

// flagInstead suggests what a flag means that stands before any command: the command
// that has it, of its own or as a habit from another tool.
func flagInstead(app *cli.App, arg string) string {
	if arg == "-V" || arg == "-version" {
		return "write porthole --version"
	}
	found := ""
	for _, cmd := range visible(app) {
		_, _, _, habit := findHabit(cmd.Name, arg)
		habit = habit && strings.Trim(arg, "-0123456789") != "" // a port was meant, not a signal to kill with
		if !habit && !knows(cmd.Flags, arg) {
			continue
		}
		if found != "" {
			return "write porthole COMMAND " + arg
		}
		found = cmd.Name
	}
	if found == "" {
		return "porthole --help lists the commands"
	}
	return fmt.Sprintf("write porthole %s %s", found, arg)
}

func takesNext(flags []cli.Flag, arg string) bool {
	f := find(flags, strings.TrimLeft(arg, "-"))
	return f != nil && takesValue(f)
}

func knows(flags []cli.Flag, arg string) bool {
	name, _, _ := strings.Cut(strings.TrimLeft(arg, "-"), "=")
	return find(flags, name) != nil
}

// isPort reports whether a word can only be a port. Port 0 is none, but explain says
// so better.
func isPort(word string) bool {
	_, err := strconv.ParseUint(word, 10, 16)
	return err == nil
}

// meantInstead suggests what a word means that is no command: a host is scanned.
func meantInstead(app *cli.App, word string) string {
	if host, port, err := net.SplitHostPort(word); err == nil && host != "" && isPort(port) || strings.ContainsAny(word, "./") || word == "localhost" {
		return fmt.Sprintf("to ask which ports a host answers on, write porthole scan %s", word)
	}
	if other := otherNames()[word]; other != "" {
		return "write porthole " + other
	}
	if word != "" && strings.Trim(word, "0123456789") == "" {
		return "the highest port is 65535"
	}
	if near := spelling.Nearest(word, commandNames(app)); near != "" {
		return fmt.Sprintf("did you mean %q?", near)
	}
	if _, err := new(registry.Registry).ParsePorts(word, "tcp", "udp"); err == nil {
		return fmt.Sprintf("porthole explain %s tells who is on that service's port here, porthole lookup %s what it is", word, word)
	}
	return fmt.Sprintf("porthole list %s shows what programs of that name hold, porthole --help the commands", word)
}

// commandNames yields the names of the commands that --help shows, with their aliases.
func commandNames(app *cli.App) iter.Seq[string] {
	return func(yield func(string) bool) {
		for _, cmd := range visible(app) {
			for _, name := range cmd.Names() {
				if !yield(name) {
					return
				}
			}
		}
	}
}

// flagParser sorts the words after a command into options and the rest.
type flagParser struct {
	command string
	flags   []cli.Flag
	seen    map[string]bool
	options []string // --name=value
	words   []string
}

func (p *flagParser) parse(args []string) error {
	for len(args) > 0 {
		arg := args[0]
		args = args[1:]
		var err error
		switch {
		case arg == "--":
			p.words = append(p.words, args...)
			return nil
		case p.isHabit(arg):
			h, value, given, _ := findHabit(p.command, arg)
			args, err = p.habit(h, value, given, args)
		case strings.HasPrefix(arg, "--"):
			args, err = p.long(arg[2:], args)
		case len(arg) > 1 && arg[0] == '-' && !p.isNumber(arg):
			args, err = p.short(arg[1:], args)
		default:
			p.words = append(p.words, arg)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// isNumber reports whether an argument is a port expression such as -1023, not a
// flag such as -4.
func (p *flagParser) isNumber(arg string) bool {
	return arg[1] >= '0' && arg[1] <= '9' && find(p.flags, arg[1:2]) == nil
}

// long reads --name, --name=value or --name value.
func (p *flagParser) long(arg string, rest []string) ([]string, error) {
	name, value, given := strings.Cut(arg, "=")
	f := find(p.flags, name)
	if f == nil || len(name) == 1 {
		return nil, p.unknown("--"+name, name)
	}
	return p.option(f, "--"+name, value, given, rest)
}

// short reads -n value, -nvalue, -n=value, and several letters in one argument.
func (p *flagParser) short(arg string, rest []string) ([]string, error) {
	for arg != "" {
		letter := arg[:1]
		arg = arg[1:]
		f := find(p.flags, letter)
		if h, _, _, ok := findHabit(p.command, "-"+letter); f == nil && ok && !h.value { // the l, n and p of -tulpn
			if _, err := p.habit(h, "", false, nil); err != nil {
				return nil, err
			}
			continue
		}
		if f == nil {
			return nil, p.unknown("-"+letter, letter+arg)
		}
		if takesValue(f) {
			value, given := strings.TrimPrefix(arg, "="), arg != ""
			return p.option(f, "-"+letter, value, given, rest)
		}
		if err := p.add(f, "-"+letter, "true"); err != nil {
			return nil, err
		}
	}
	return rest, nil
}

// option stores one flag, taking its value from rest where none was given.
func (p *flagParser) option(f cli.Flag, typed, value string, given bool, rest []string) ([]string, error) {
	switch {
	case standsAlone(f) && !given:
		value = usual
	case standsAlone(f):
	case !takesValue(f) && !given:
		value = "true"
	case !takesValue(f):
		if _, err := strconv.ParseBool(value); err != nil {
			return nil, fmt.Errorf("%s takes no value; got %q", typed, value)
		}
	case !given && (len(rest) == 0 || strings.HasPrefix(rest[0], "--")):
		return nil, fmt.Errorf("%s needs a value", typed)
	case !given:
		value, rest = rest[0], rest[1:]
	}
	return rest, p.add(f, typed, value)
}

func (p *flagParser) add(f cli.Flag, typed, value string) error {
	name := f.Names()[0]
	if p.seen[name] && !repeats(f) && takesValue(f) {
		return fmt.Errorf("%s is given twice; which one counts?", typed)
	}
	p.seen[name] = true
	value, err := checkValue(f, value)
	if err != nil {
		return fmt.Errorf("%s: %w", typed, err)
	}
	p.options = append(p.options, "--"+name+"="+value)
	return nil
}

// checkValue checks a number or duration, for a better message than that of the
// flag package. A duration without a unit is in seconds, as for ping and curl.
func checkValue(f cli.Flag, value string) (string, error) {
	switch f.(type) {
	case *cli.IntFlag, *cli.Uint64Flag:
		if _, err := strconv.ParseUint(value, 10, 63); err != nil {
			return "", fmt.Errorf("%q is not a whole number from 0 up", value)
		}
	case *cli.Float64Flag:
		if n, err := strconv.ParseFloat(value, 64); err != nil || !(n >= 0) || n > 1e9 {
			return "", fmt.Errorf("%q is not a number from 0 to 1e9", value)
		}
	case *cli.DurationFlag:
		typed := value
		if _, err := strconv.ParseFloat(value, 64); err == nil {
			value += "s"
		}
		switch d, err := time.ParseDuration(value); {
		case err != nil:
			return "", fmt.Errorf("%q is not a duration; write 500ms, 2s or 1m", typed)
		case d <= 0:
			return "", fmt.Errorf("%q is no time; write one above 0, such as 500ms, 2s or 1m", typed)
		}
	}
	return value, nil
}

func (p *flagParser) unknown(typed, name string) error {
	near := spelling.Nearest(name, p.longNames())
	if near == "" {
		return fmt.Errorf("no flag %s; porthole %s --help lists them", typed, p.command)
	}
	return fmt.Errorf("no flag %s; did you mean --%s? (porthole %s --help lists them)", typed, near, p.command)
}

// longNames are the flags that are a word, and those of other tools that are taken.
func (p *flagParser) longNames() iter.Seq[string] {
	return func(yield func(string) bool) {
		for _, f := range append(p.flags, cli.HelpFlag) {
			for _, name := range f.Names() {
				if len(name) > 1 && !yield(name) {
					return
				}
			}
		}
		for _, h := range habits(p.command) {
			if name, long := strings.CutPrefix(h.typed, "--"); long && !yield(name) {
				return
			}
		}
	}
}

func find(flags []cli.Flag, name string) cli.Flag {
	for _, f := range append(flags, cli.HelpFlag) {
		if slices.Contains(f.Names(), name) {
			return f
		}
	}
	return nil
}

// takesValue reports whether the word behind a flag may be its value.
func takesValue(f cli.Flag) bool {
	_, isBool := f.(*cli.BoolFlag)
	return !isBool && !standsAlone(f)
}

// standsAlone reports whether a flag may have a value, but only behind an equals
// sign: --verify is --verify=usual.
func standsAlone(f cli.Flag) bool {
	value, _ := splitUsage(f)
	return strings.HasPrefix(value, "[=")
}

// usual is the value of a flag that stands alone.
const usual = "usual"
