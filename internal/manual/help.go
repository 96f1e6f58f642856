package manual

import (
	"fmt"
	"strings"
)

// columns is the width of help and of the source of the pages.
const columns = 80

// Help is the text of --help, at most 80 columns wide.
func (c Command) Help() string {
	var b strings.Builder
	fmt.Fprintf(&b, "porthole %s - %s\n\nUsage:\n", c.Name, c.About)
	fmt.Fprintf(&b, "  %s\n", c.synopsis())
	if len(c.Flags) > 0 {
		b.WriteString("\nFlags:\n")
	}
	terms, widest := make([]string, len(c.Flags)), 0
	for i, f := range c.Flags {
		terms[i] = f.term()
		widest = max(widest, len(terms[i]))
	}
	for i, f := range c.Flags {
		entry(&b, terms[i], widest, f.Usage)
	}
	if c.Text != "" {
		b.WriteString("\n" + strings.Join(wrap(c.Text, columns), "\n") + "\n")
	}
	b.WriteString(ExamplesHelp(c.Examples))
	return b.String()
}

// ExamplesHelp is the part of a help with the examples; "" if there are none.
func ExamplesHelp(examples []Example) string {
	if len(examples) == 0 {
		return ""
	}
	var b strings.Builder
	b.WriteString("\nExamples:\n")
	widest := 0
	for _, e := range examples {
		widest = max(widest, len(e.Line))
	}
	for _, e := range examples {
		entry(&b, e.Line, widest, e.Meaning)
	}
	return b.String()
}

// synopsis is the usage line.
func (c Command) synopsis() string {
	s := "porthole " + c.Name
	if len(c.Flags) > 0 {
		s += " [flags]"
	}
	return strings.TrimRight(s+" "+c.Args, " ")
}

// term is a flag as in a list of flags, with the long names aligned.
func (f Flag) term() string {
	if strings.HasPrefix(f.Value, "[=") { // it may be left out, and nothing comes between
		return "    --" + f.Long + f.Value
	}
	switch {
	case f.Long == "":
		return strings.TrimRight("-"+f.Short+" "+f.Value, " ")
	case f.Short == "":
		return strings.TrimRight("    --"+f.Long+" "+f.Value, " ")
	default:
		return strings.TrimRight("-"+f.Short+", --"+f.Long+" "+f.Value, " ")
	}
}

// entry writes a term of the given width, and its meaning in a column beside it.
func entry(b *strings.Builder, term string, width int, text string) {
	indent := len("  ") + width + len("  ")
	for i, line := range wrap(text, columns-indent) {
		if i > 0 {
			term = ""
		}
		fmt.Fprintf(b, "  %-*s  %s\n", width, term, line)
	}
}

// wrap breaks text at blanks into lines of at most width bytes. A longer word has a
// line of its own.
func wrap(text string, width int) []string {
	var lines []string
	line := ""
	for word := range strings.FieldsSeq(text) {
		if line != "" && len(line)+1+len(word) > width {
			lines, line = append(lines, line), ""
		}
		line = strings.TrimLeft(line+" "+word, " ")
	}
	return append(lines, line)
}
