package manual

import (
	"fmt"
	"regexp"
	"strings"
)

// roff writes a page of man(7) with the requests that groff and mandoc share.
type roff struct {
	strings.Builder
	begun bool // the section has text, so that a paragraph needs a mark
}

func (r *roff) title(name, date string) {
	fmt.Fprintf(r, ".\\\" Written by go generate; do not edit.\n.TH %s 1 %s porthole \"User Commands\"\n",
		plain(strings.ToUpper(name)), date)
}

func (r *roff) section(name string) {
	fmt.Fprintf(r, ".SH %s\n", strings.ToUpper(name))
	r.begun = false
}

func (r *roff) paragraph(text string) {
	if r.begun {
		r.WriteString(".PP\n")
	}
	r.text(text)
}

// text is filled and hyphenated by whoever shows the page.
func (r *roff) text(markdown string) {
	for _, line := range wrap(inline(markdown), columns) {
		r.WriteString(guard(line) + "\n")
	}
	r.begun = true
}

// item is a term, in roff, and what it means, in Markdown.
func (r *roff) item(term, text string) {
	fmt.Fprintf(r, ".TP\n%s\n", guard(term))
	r.text(text)
}

// lines are shown as they stand.
func (r *roff) lines(lines ...string) {
	r.WriteString(".PP\n.nf\n.RS\n")
	for _, l := range lines {
		r.WriteString(guard(plain(l)) + "\n")
	}
	r.WriteString(".RE\n.fi\n")
}

// blocks writes a section of the documentation.
func (r *roff) blocks(list []block) {
	for i := 0; i < len(list); i++ {
		switch b := list[i]; b.kind {
		case paragraph:
			r.paragraph(b.text)
		case heading:
			fmt.Fprintf(r, ".SS %s\n", plain(b.text))
			r.begun = false
		case bullet:
			r.WriteString(".IP \\(bu 2\n")
			r.text(b.text)
		case row:
			r.item(inline(b.cells[0]), strings.Join(b.cells[1:], "; "))
		case code:
			var lines []string
			for ; i < len(list) && list[i].kind == code; i++ {
				lines = append(lines, list[i].text)
			}
			i--
			r.lines(lines...)
		}
	}
}

// inline turns the marks within a line of Markdown into fonts.
func inline(text string) string {
	text = regexp.MustCompile(`\[([^]]*)\]\([^)]*\)`).ReplaceAllString(text, "$1")
	var b strings.Builder
	for i, part := range strings.Split(text, "`") {
		if i%2 == 1 {
			b.WriteString(`\fB` + plain(part) + `\fR`)
			continue
		}
		for j, sub := range strings.Split(plain(part), "**") {
			if j > 0 {
				b.WriteString([]string{`\fR`, `\fB`}[j%2])
			}
			b.WriteString(sub)
		}
	}
	return b.String()
}

// plain is text without a meaning to roff.
func plain(text string) string {
	return strings.NewReplacer(`\`, `\e`, "-", `\-`, "~", `\(ti`, "^", `\(ha`, "`", "\\(ga").Replace(text)
}

// guard keeps the beginning of a line from being a request.
func guard(text string) string {
	if strings.HasPrefix(text, ".") || strings.HasPrefix(text, "'") {
		return `\&` + text
	}
	return text
}
