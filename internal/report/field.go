package report

import "porthole/internal/record"

// Field is a column for a caller that does its own layout: the text and the colour
// are those of the table.
type Field struct {
	Name  string // the JSON name where there is one
	Title string
	Right bool                        // align right, as numbers are
	Same  bool                        // the first to go for want of room, if it is the same in every row
	Text  func(*record.Record) string // may come from outside; not escaped

	style func(*record.Record) style
}

// Fields lists the columns of a kind of record, in the order of the wide table.
func Fields(kind string) []Field {
	var out []Field
	for _, c := range columnsFor(kind, inWide) {
		f := Field{Name: c.name, Title: c.title, Right: c.right, Same: c.sameGoes, Text: c.text, style: c.style}
		if c.short != nil {
			f.Text = c.short
		}
		if usual := f.Text; c.verified != nil {
			f.Text = func(r *record.Record) string {
				if isVerified(r) {
					return c.verified(r)
				}
				return usual(r)
			}
		}
		out = append(out, f)
	}
	return out
}

// Paint colours text, which shows the field of r.
func (f Field) Paint(r *record.Record, text string) string {
	if f.style == nil {
		return text
	}
	return paint(text, f.style(r), true)
}
