package manual

import "strings"

// block is one piece of a section: a heading within it, a paragraph, a bullet, a
// row of a table, or a line of code as it stands.
type block struct {
	kind  blockKind
	text  string   // of all but a row
	cells []string // of a row
}

type blockKind int

const (
	paragraph blockKind = iota
	bullet
	row
	code
	heading
)

// sections reads the part of Markdown that docs/cli.md is written in, by the
// titles of its second-level headings. What comes before the first is under "".
func sections(doc string) map[string][]block {
	all := make(map[string][]block)
	r := sectionReader{}
	title := ""
	for line := range strings.Lines(doc) {
		line = strings.TrimRight(line, " \n")
		next, isTitle := strings.CutPrefix(line, "## ")
		if isTitle && !r.fenced {
			all[title], title, r = r.blocks, next, sectionReader{}
			continue
		}
		r.read(line)
	}
	all[title] = r.blocks
	return all
}

// sectionReader gathers the blocks of one section line by line.
type sectionReader struct {
	blocks []block
	fenced bool // between lines of ```
	open   bool // the last block goes on with the next line
	header bool // the last row was the first of its table
}

func (r *sectionReader) read(line string) {
	item, isItem := strings.CutPrefix(line, "- ")
	title, isTitle := strings.CutPrefix(line, "### ")
	inTable := strings.HasPrefix(line, "|")
	switch {
	case strings.HasPrefix(line, "```"):
		r.fenced, r.open = !r.fenced, false
	case r.fenced:
		r.blocks = append(r.blocks, block{kind: code, text: line})
	case line == "" || strings.HasPrefix(line, "# "):
		r.open, r.header = false, false
	case isTitle:
		r.blocks, r.open = append(r.blocks, block{kind: heading, text: title}), false
	case inTable && !r.header:
		r.header = true // names the columns
	case strings.HasPrefix(line, "|--"):
	case inTable:
		r.blocks = append(r.blocks, block{kind: row, cells: cells(line)})
	case isItem:
		r.blocks, r.open = append(r.blocks, block{kind: bullet, text: item}), true
	case r.open:
		r.blocks[len(r.blocks)-1].text += " " + strings.TrimSpace(line)
	default:
		r.blocks, r.open = append(r.blocks, block{kind: paragraph, text: line}), true
	}
}

// cells parts the row of a table; a bar with a backslash is none.
func cells(line string) (list []string) {
	const bar = "\x00"
	line = strings.ReplaceAll(strings.Trim(line, "| "), `\|`, bar)
	for cell := range strings.SplitSeq(line, "|") {
		list = append(list, strings.ReplaceAll(strings.TrimSpace(cell), bar, "|"))
	}
	return list
}
