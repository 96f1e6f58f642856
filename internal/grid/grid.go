package grid

import (
	"bufio"
	"bytes"
)

// Column is one column of a [Grid].
type Column struct {
	Title string
	Right bool // align right, as numbers are
}

// Grid lays out rows in columns, with two blanks between columns and no blanks at
// the end of a line.
type Grid struct {
	Columns []Column
	Width   int  // of the terminal in columns; 0 means no limit
	ASCII   bool // the cells are ASCII, and the mark of a line that is cut is so, too
	// Paint colours a cell; the titles are row -1. It must not change the width. It
	// may be nil.
	Paint func(row, column int, text string) string
}

// Write writes the titles and the rows. Each row has a cell for each column.
func (g Grid) Write(w *bufio.Writer, rows [][]string) error {
	titles := make([]string, len(g.Columns))
	for i, c := range g.Columns {
		titles[i] = c.Title
	}
	widths := make([]int, len(g.Columns))
	widen(widths, titles)
	for _, row := range rows {
		widen(widths, row)
	}
	line := g.line(nil, widths, -1, titles)
	_, err := w.Write(line)
	for i, row := range rows {
		line = g.line(line[:0], widths, i, row)
		_, err = w.Write(line)
	}
	return err
}

// widen makes widths large enough for a row.
func widen(widths []int, row []string) {
	for i, cell := range row {
		widths[i] = max(widths[i], Width(cell))
	}
}

// line appends one line to text.
func (g Grid) line(text []byte, widths []int, row int, cells []string) []byte {
	used, at := 0, 0 // the end of the last cell that is not empty, and of this one
	for i, cell := range cells {
		if i > 0 {
			text, at = append(text, "  "...), at+2
		}
		pad := widths[i] - Width(cell)
		if g.Columns[i].Right {
			text = blanks(text, pad)
		}
		if cell != "" {
			text, used = append(text, g.paint(row, i, cell)...), at+widths[i]
		}
		if !g.Columns[i].Right {
			text = blanks(text, pad)
		}
		at += widths[i]
	}
	text = bytes.TrimRight(text, " ")
	if g.Width > 0 && used > g.Width {
		mark := ellipsis
		if g.ASCII {
			mark = asciiMark
		}
		text = append(text[:0], cut(string(text), g.Width, mark)...)
	}
	return append(text, '\n')
}

func (g Grid) paint(row, column int, text string) string {
	if g.Paint == nil {
		return text
	}
	return g.Paint(row, column, text)
}

func blanks(text []byte, n int) []byte {
	for range n {
		text = append(text, ' ')
	}
	return text
}
