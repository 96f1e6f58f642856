package manual

import (
	"fmt"
	"regexp"
	"strings"
)

// roff writes a page in man(7), with requests that both groff and mandoc know.
type roff struct {
	strings.Builder
	begun bool // the section has text, so a paragraph needs .PP
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

// text writes text for the reader's program to fill.
func (r *roff) text(markdown string) {
	for _, line := range wrap(inline(markdown), columns) {
		r.WriteString(guard(line) + "\n")
	}
	r.begun = true
}

// item writes a term, in roff, with its meaning, in Markdown.
func (r *roff) item(term, text string) {
	fmt.Fprintf(r, ".TP\n%s\n", guard(term))
	r.text(text)
}

// lines writes lines that are not filled.
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

// inline turns the marks within a paragraph of Markdown into fonts.
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

// plain escapes what has a meaning in roff.
func plain(text string) string {
	return strings.NewReplacer(`\`, `\e`, "-", `\-`, "~", `\(ti`, "^", `\(ha`, "`", "\\(ga").Replace(text)
}

// guard escapes the start of a line that would be a request.
func guard(text string) string {
	if strings.HasPrefix(text, ".") || strings.HasPrefix(text, "'") {
		return `\&` + text
	}
	return text
}
