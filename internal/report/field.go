package report

import "porthole/internal/record"

// Field is a column as a live view needs it: the same text and colour as in the
// table, to be laid out by the view.
type Field struct {
	Name  string // the JSON name where there is one
	Title string
	Right bool                        // aligned right: numbers
	Text  func(*record.Record) string // comes from outside; not escaped

	ink func(*record.Record) ink
}

// Fields are the columns of a kind of record, in the order of the wide table.
func Fields(kind string) []Field {
	var out []Field
	for _, c := range columnsFor(kind, inWide) {
		f := Field{Name: c.name, Title: c.title, Right: c.right, Text: c.text, ink: c.ink}
		if c.brief != nil {
			f.Text = c.brief
		}
		out = append(out, f)
	}
	return out
}

// Paint colours a text for the field of r that it shows.
func (f Field) Paint(r *record.Record, text string) string {
	if f.ink == nil {
		return text
	}
	return paint(text, f.ink(r), true)
}
