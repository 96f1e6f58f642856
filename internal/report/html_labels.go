package report

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
)

// label is a port number below its mark. Where it stands on a wide page and on a
// narrow one is a line of text below the lane, from 0, or noLine.
type label struct {
	at           float64 // percent of the panel
	text         string
	wide, narrow int
}

const (
	labelledLanes = 40 // a map with more lanes than this is a heat map
	labelLines    = 4  // below a lane, so that neighbours have a label each
	noLine        = -1 // there is no room for the label
	digit         = 6.7
	labelGap      = 5.0 // between two labels, in pixels
)

// labels makes labels for as many ports as there is room for, those of the greatest
// weight first.
func labels(p panel, marks []*mark) []label {
	type place struct {
		markedPort
		at float64
	}
	var places []place
	for _, k := range marks {
		for _, port := range k.ports {
			places = append(places, place{port, k.at})
		}
	}
	slices.SortStableFunc(places, func(a, b place) int { return cmp.Compare(b.weight, a.weight) })
	wide, narrow := room{width: p.wide}, room{width: p.narrow}
	taken := make(map[uint16]bool) // by the other protocol
	var out []label
	for _, k := range places {
		if taken[k.port] {
			continue
		}
		l := label{at: k.at, text: strconv.Itoa(int(k.port))}
		l.wide, l.narrow = wide.place(l), narrow.place(l)
		if l.wide != noLine || l.narrow != noLine {
			taken[k.port] = true
			out = append(out, l)
		}
	}
	return out
}

// room is what is taken of the lines below a lane that is as many pixels wide, at
// least.
type room struct {
	width float64
	lines [labelLines][]extent
}

// extent is from where to where a label reaches, in pixels.
type extent struct{ from, to float64 }

// place takes the first line that has room for a label.
func (r *room) place(l label) int {
	e := l.extent(r.width)
	for i, line := range r.lines {
		if !slices.ContainsFunc(line, func(t extent) bool { return e.from < t.to+labelGap && t.from < e.to+labelGap }) {
			r.lines[i] = append(line, e)
			return i
		}
	}
	return noLine
}

// extent is where a label is in a panel of this width, in pixels.
func (l label) extent(width float64) extent {
	at, length := l.at/100*width, digit*float64(len(l.text))
	switch l.anchor() {
	case "start":
		return extent{at, at + length}
	case "end":
		return extent{at - length, at}
	default:
		return extent{at - length/2, at + length/2}
	}
}

// anchor aligns a label so that it stays within the panel.
func (l label) anchor() string {
	switch {
	case l.at < 16:
		return "start"
	case l.at > 84:
		return "end"
	default:
		return "middle"
	}
}

// class names the lines of a label, as the style does: "w1 nx" is the second line
// of a wide page, and nowhere on a narrow one. The first lines have no name.
func (l label) class() string {
	name := func(page string, line int) string {
		switch line {
		case 0:
			return ""
		case noLine:
			return page + "x "
		}
		return fmt.Sprintf("%s%d ", page, line)
	}
	class := name("w", l.wide) + name("n", l.narrow)
	return class[:max(len(class)-1, 0)]
}

// lines counts the lines that labels need, on a wide page and on a narrow one.
func lines(labels []label) (wide, narrow int) {
	for _, l := range labels {
		wide, narrow = max(wide, l.wide+1), max(narrow, l.narrow+1)
	}
	return wide, narrow
}

func (h *htmlWriter) label(y int, l label) {
	h.put(`<text x="{}" y="{}" text-anchor="{}"`, percent(l.at), strconv.Itoa(y), l.anchor())
	h.putIf(` class="{}"`, l.class())
	h.put(">{}</text>", l.text)
}
