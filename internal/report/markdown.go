package report

import (
	"bufio"
	"strings"

	"porthole/internal/record"
)

// markdownWriter writes a table in GitHub Flavored Markdown, with the columns of
// the plain table.
type markdownWriter struct {
	w *bufio.Writer
	t *tableWriter
}

func newMarkdownWriter(w *bufio.Writer, o Options) *markdownWriter {
	o.Color, o.Width, o.ASCII = false, 0, false
	return &markdownWriter{w, newTableWriter(w, o, inTable)}
}

func (m *markdownWriter) write(r *record.Record) error { return m.t.write(r) }

func (m *markdownWriter) close(*record.Summary) error {
	if len(m.t.rows) == 0 {
		return nil
	}
	m.t.sort()
	rows := m.t.cells()
	var head, rule []string
	for _, c := range m.t.columns {
		head = append(head, strings.ToLower(c.title))
		if c.right {
			rule = append(rule, "---:")
		} else {
			rule = append(rule, "---")
		}
	}
	m.line(head)
	err := m.line(rule)
	for _, row := range rows {
		var cells []string
		for _, cell := range row {
			cells = append(cells, literal(cell))
		}
		err = m.line(cells)
	}
	return err
}

func (m *markdownWriter) line(cells []string) error {
	_, err := m.w.WriteString("| " + strings.Join(cells, " | ") + " |\n")
	return err
}

// literal keeps a cell from being read as markup. A backslash before ASCII
// punctuation takes its meaning away (CommonMark 0.31 section 2.4); an entity is
// used where a renderer would make a link or a mention.
func literal(cell string) string {
	return strings.NewReplacer(
		`\`, `\\`, "|", `\|`, "*", `\*`, "_", `\_`, "`", "\\`", "[", `\[`, "]", `\]`, "<", "&lt;", ">", "&gt;", "&", "&amp;",
		"~", `\~`, "#", `\#`, "!", `\!`, "://", "&#58;//", "@", "&#64;", "www.", "www&#46;").Replace(cell)
}
