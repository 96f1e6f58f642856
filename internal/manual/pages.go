package manual

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Program is the program that the pages describe.
type Program struct {
	About    string
	Commands []Command
	Revised  string // the date of the pages, "2026-11-23"
}

// Pages makes a manual page for each command and one for the program, by file name.
// doc is the text of docs/cli.md. It is an error if it lacks a command or a flag.
func (p Program) Pages(doc string) (map[string]string, error) {
	text := sections(doc)
	pages := map[string]string{"porthole.1": p.overview(text)}
	for _, c := range p.Commands {
		page, err := p.page(c, text)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", c.Name, err)
		}
		pages["porthole-"+c.Name+".1"] = page
	}
	return pages, nil
}

func (p Program) overview(text map[string][]block) string {
	var r roff
	r.title("porthole", p.Revised)
	r.section("Name")
	r.WriteString("porthole \\- " + plain(p.About) + "\n")
	r.section("Synopsis")
	r.WriteString("\\fBporthole\\fR \\fICOMMAND\\fR [\\fIflags\\fR] [\\fIarguments\\fR]\n")
	r.section("Description")
	r.blocks(without(text[""], code))
	r.section("Commands")
	for _, c := range p.Commands {
		fmt.Fprintf(&r, ".TP\n.BR porthole\\-%s (1)\n%s\n", plain(c.Name), plain(c.About))
	}
	for _, name := range []string{"Ports", "Formats"} {
		r.section(name)
		r.blocks(text[name])
	}
	p.ending(&r, text, "porthole")
	return r.String()
}

func (p Program) page(c Command, text map[string][]block) (string, error) {
	var r roff
	name := "porthole-" + c.Name
	r.title(name, p.Revised)
	r.section("Name")
	r.WriteString(plain(name) + " \\- " + plain(c.About) + "\n")
	r.section("Synopsis")
	r.WriteString("\\fBporthole " + plain(c.Name) + "\\fR")
	if len(c.Flags) > 0 {
		r.WriteString(" [\\fIflags\\fR]")
	}
	r.WriteString(" \\fI" + plain(c.Args) + "\\fR\n")
	r.section("Description")
	own, ok := text[c.Name]
	if !ok {
		return "", errors.New("docs/cli.md has no section of that name")
	}
	for _, alias := range c.Aliases {
		r.paragraph("`porthole " + alias + "` is the same.")
	}
	if len(c.Flags) > 0 {
		r.blocks(without(own, row)) // its rows describe the flags
		if err := r.options(c.Flags, slices.Concat(own, text["All commands"])); err != nil {
			return "", err
		}
	} else {
		r.blocks(own)
	}
	for _, name := range c.chapters() {
		r.section(name)
		r.blocks(text[name])
	}
	r.section("Examples")
	for _, e := range c.Examples {
		r.paragraph(capital(e.Meaning) + ":")
		r.lines(e.Line)
	}
	p.ending(&r, text, name)
	return r.String(), nil
}

// options writes the flags, each with its description in the documentation.
func (r *roff) options(flags []Flag, rows []block) error {
	r.section("Options")
	for _, f := range flags {
		described, ok := f.described(rows)
		if !ok {
			return fmt.Errorf("docs/cli.md has no row for the flag %s", strings.TrimSpace(f.term()))
		}
		r.item(f.roff(), described)
	}
	return nil
}

// chapters lists further sections for the page of a command: those about the syntax
// of its arguments and flags.
func (c Command) chapters() (names []string) {
	if strings.HasPrefix(c.Args, "TARGET") {
		names = append(names, "Targets")
	}
	takesPorts := strings.Contains(c.Args, "QUERY") || slices.ContainsFunc(c.Flags, func(f Flag) bool { return f.Value == "EXPR" })
	if takesPorts {
		names = append(names, "Ports")
	}
	if slices.ContainsFunc(c.Flags, func(f Flag) bool { return f.Long == "output" }) {
		names = append(names, "Formats")
	}
	return names
}

// ending writes the sections at the end of every page.
func (p Program) ending(r *roff, text map[string][]block, name string) {
	for _, section := range [][2]string{{"Exit status", "Exit codes"}, {"Environment", "Environment"}} {
		r.section(section[0])
		r.blocks(text[section[1]])
	}
	r.section("See also")
	var others []string
	if name != "porthole" {
		others = append(others, ".BR porthole (1)")
	}
	for _, c := range p.Commands {
		if other := "porthole-" + c.Name; other != name {
			others = append(others, ".BR "+plain(other)+" (1)")
		}
	}
	r.WriteString(strings.Join(others, " ,\n") + "\n")
}

// described is the description of a flag in the documentation. A row about several
// flags says too little about each, so the flag's own usage is taken.
func (f Flag) described(blocks []block) (text string, ok bool) {
	for _, b := range blocks {
		if b.kind != row {
			continue
		}
		names := strings.FieldsFunc(b.cells[0], func(r rune) bool { return strings.ContainsRune("`, =[", r) })
		if !slices.Contains(names, "--"+f.Long) && (f.Long != "" || !slices.Contains(names, "-"+f.Short)) {
			continue
		}
		if strings.Count(b.cells[0], "`") > 2 {
			return f.Usage, true
		}
		return b.cells[1], true
	}
	return "", false
}

// roff is the flag as the term of a list.
func (f Flag) roff() string {
	s := strings.Join(slices.DeleteFunc([]string{flagName("-", f.Short), flagName("--", f.Long)}, func(s string) bool { return s == "" }), ", ")
	switch {
	case strings.HasPrefix(f.Value, "[="): // it may be left out, and nothing comes between
		return s + plain(f.Value)
	case f.Value != "":
		s += " \\fI" + plain(f.Value) + "\\fR"
	}
	return s
}

func flagName(dashes, name string) string {
	if name == "" {
		return ""
	}
	return `\fB` + plain(dashes+name) + `\fR`
}

func without(blocks []block, kind blockKind) []block {
	return slices.DeleteFunc(slices.Clone(blocks), func(b block) bool { return b.kind == kind })
}

func capital(s string) string { return strings.ToUpper(s[:1]) + s[1:] }
