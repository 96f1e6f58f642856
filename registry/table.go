package registry

import (
	"iter"
	"strings"
)

// table is the text of a sorted table, searched where it lies: the embedded
// tables cost nothing at start and no memory of their own.
//
// Each line is a row of tab-separated columns; columns at the end may be left
// out:
//
//	ports        "22", or "6000-6063"
//	protocols    letters of "TUSD"
//	name
//	aliases      further names, separated by blanks
//	description
//	secure       what replaces a plaintext protocol
//	rank         place among the common ports, 1 is first
//
// Rows ascend by port. The ranges of two rows are either equal or apart.
// Lines that begin with # may stand at the top.
type table string

// row is one line of a table; its strings are parts of the table.
type row struct {
	Range
	protos      protocolSet
	name        string
	aliases     string
	description string
	secure      string
	rank        string
}

// findAt returns the row for a port and protocol; off is seek(port).
func (t table) findAt(off int, p protocol, port uint16) (row, bool) {
	for off < len(t) {
		span, end := t.spanAt(off)
		if span.First > port {
			break
		}
		for i := end + 1; i < len(t) && t[i] != '\t'; i++ {
			if t[i] == letters[p] {
				row, _ := t.rowAt(off)
				return row, true
			}
		}
		off = t.next(off)
	}
	return row{}, false
}

// seek returns the offset of the first row that reaches up to port or beyond,
// len(t) when there is none.
func (t table) seek(port uint16) int {
	// The wanted row begins in [lo, hi]; lo is always the start of a line.
	lo, hi := 0, len(t)
	for {
		middle := t.next(lo + (hi-lo)/2)
		if middle >= hi {
			break
		}
		if span, _ := t.spanAt(middle); span.Last < port || t[middle] == '#' {
			lo = middle
		} else {
			hi = middle
		}
	}
	// At most a few lines are left, which halving cannot part.
	for lo < hi {
		if span, _ := t.spanAt(lo); span.Last >= port && t[lo] != '#' {
			break
		}
		lo = t.next(lo)
	}
	return lo
}

// spanAt reads the ports of the line at an offset, and returns where they end.
// A comment has no ports and gives 0.
func (t table) spanAt(off int) (span Range, end int) {
	isRange := false
	for end = off; end < len(t); end++ {
		c := t[end]
		if c == '-' {
			span.First, span.Last, isRange = span.Last, 0, true
			continue
		}
		if c < '0' || c > '9' {
			break
		}
		span.Last = span.Last*10 + uint16(c-'0')
	}
	if !isRange {
		span.First = span.Last
	}
	return span, end
}

// firstAt returns the first port of the row at an offset, lastPort+1 at the end
// of the table.
func (t table) firstAt(off int) int {
	if off == len(t) {
		return lastPort + 1
	}
	span, _ := t.spanAt(off)
	return int(span.First)
}

// next returns the offset of the first line after an offset.
func (t table) next(off int) int {
	if i := strings.IndexByte(string(t[off:]), '\n'); i >= 0 {
		return off + i + 1
	}
	return len(t)
}

// rowAt returns the row at an offset and the offset of the next one.
func (t table) rowAt(off int) (r row, next int) {
	next = t.next(off)
	var end int
	r.Range, end = t.spanAt(off)
	line := strings.TrimSuffix(string(t[end:next]), "\n")
	_, line, _ = strings.Cut(line, "\t")
	protos, line, _ := strings.Cut(line, "\t")
	r.protos = parseLetters(protos)
	r.name, line, _ = strings.Cut(line, "\t")
	r.aliases, line, _ = strings.Cut(line, "\t")
	r.description, line, _ = strings.Cut(line, "\t")
	r.secure, r.rank, _ = strings.Cut(line, "\t")
	return r, next
}

// rows yields all rows in their order.
func (t table) rows() iter.Seq[row] {
	return func(yield func(row) bool) {
		for off := t.seek(0); off < len(t); {
			row, next := t.rowAt(off)
			if !yield(row) {
				return
			}
			off = next
		}
	}
}

// String writes the row as a line of a table, without the newline.
func (r row) String() string {
	columns := []string{r.Range.String(), r.protos.letters(), r.name, r.aliases, r.description, r.secure, r.rank}
	return strings.TrimRight(strings.Join(columns, "\t"), "\t")
}

// names yields the name and then the aliases.
func (r row) names() iter.Seq[string] {
	return func(yield func(string) bool) {
		if r.name == "" || !yield(r.name) {
			return
		}
		for rest := r.aliases; rest != ""; {
			var alias string
			alias, rest, _ = strings.Cut(rest, " ")
			if !yield(alias) {
				return
			}
		}
	}
}

// has reports whether name is one of the row's names, letter for letter.
func (r row) has(name string) bool {
	for n := range r.names() {
		if n == name {
			return true
		}
	}
	return false
}

// parsePort reads a port number: decimal digits and nothing else.
func parsePort(s string) (uint16, bool) {
	n := 0
	for i := range len(s) {
		c := s[i]
		if c < '0' || c > '9' {
			return 0, false
		}
		if n = n*10 + int(c-'0'); n > lastPort {
			return 0, false
		}
	}
	return uint16(n), s != ""
}

func parseLetters(s string) protocolSet {
	var set protocolSet
	for i := range len(s) {
		if p, ok := protocolOf(s[i]); ok {
			set |= setOf(p)
		}
	}
	return set
}
