package checkpoint

import (
	"fmt"
	"strconv"
	"strings"
)

// Positions is a set of positions that fills from the low end: those below the
// low-water mark take no memory, those above it a bit each, in words of 64. The
// zero value is empty.
type Positions struct {
	low   uint64            // all below are in the set; a multiple of 64 until the end
	above map[uint64]uint64 // word number to its bits
}

// Add puts p into the set and reports whether it was new.
func (s *Positions) Add(p uint64) bool {
	if s.Has(p) {
		return false
	}
	if s.above == nil {
		s.above = make(map[uint64]uint64)
	}
	s.above[p/64] |= 1 << (p % 64)
	for s.above[s.low/64] == ^uint64(0) {
		delete(s.above, s.low/64)
		s.low += 64
	}
	return true
}

// Has reports whether p is in the set.
func (s *Positions) Has(p uint64) bool {
	return p < s.low || s.above[p/64]>>(p%64)&1 == 1
}

// ranges writes positions, which must be in ascending order, as in "0-41,44".
func ranges(list []uint64) string {
	var b strings.Builder
	for i := 0; i < len(list); {
		first := i
		for i++; i < len(list) && list[i] == list[i-1]+1; i++ {
		}
		if b.Len() > 0 {
			b.WriteByte(',')
		}
		b.WriteString(strconv.FormatUint(list[first], 10))
		if i-1 > first {
			b.WriteByte('-')
			b.WriteString(strconv.FormatUint(list[i-1], 10))
		}
	}
	return b.String()
}

// span is a run of positions, both ends included.
type span struct{ first, last uint64 }

// maxPerLine limits the positions of one line, so that a forged range cannot
// keep the reader busy for years. No scan gets that many verdicts in half a
// second.
const maxPerLine = 1 << 24

// parseRanges reads what ranges wrote; all positions must be below limit.
func parseRanges(text string, limit uint64) ([]span, error) {
	var spans []span
	total := uint64(0)
	for item := range strings.SplitSeq(text, ",") {
		from, to, isRange := strings.Cut(item, "-")
		if !isRange {
			to = from
		}
		first, err1 := strconv.ParseUint(from, 10, 64)
		last, err2 := strconv.ParseUint(to, 10, 64)
		switch {
		case err1 != nil || err2 != nil || first > last:
			return nil, fmt.Errorf("bad positions %q", item)
		case last >= limit:
			return nil, fmt.Errorf("position %d is not below %d", last, limit)
		case len(spans) > 0 && first <= spans[len(spans)-1].last:
			return nil, fmt.Errorf("positions %q are out of order", item)
		}
		if total += min(last-first, maxPerLine) + 1; total > maxPerLine {
			return nil, fmt.Errorf("more than %d positions", maxPerLine)
		}
		spans = append(spans, span{first, last})
	}
	return spans, nil
}
