package manual

import "strings"

// block is one part of a section: a heading, a paragraph, an item of a list, a row
// of a table or a line of code.
type block struct {
	kind  blockKind
	text  string   // of every kind but row
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

// sections reads the subset of Markdown that docs/cli.md uses. The keys are the
// titles of the second-level headings; the text before the first has the key "".
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

// sectionReader reads the blocks of one section line by line.
type sectionReader struct {
	blocks []block
	fenced bool // in a block of code
	open   bool // the next line may continue the last block
	header bool // in a table, below the names of the columns
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
		r.header = true // this row has the names of the columns
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

// cells splits the row of a table. A bar after a backslash is text.
func cells(line string) (list []string) {
	const bar = "\x00"
	line = strings.ReplaceAll(strings.Trim(line, "| "), `\|`, bar)
	for cell := range strings.SplitSeq(line, "|") {
		list = append(list, strings.ReplaceAll(strings.TrimSpace(cell), bar, "|"))
	}
	return list
}
