package report

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
)

// portMap draws the port space: a panel for each class, a lane for each block
// of ports, a mark for each port. All positions are in percent, so that the
// page can have any width.
type portMap struct {
	Panels []panel
	Lanes  []lane
	Dense  bool // too many lanes for labels
	States []legend
}

// panel is the space of one class. The first two are logarithmic: the low
// ports are the ones that crowd.
type panel struct {
	Class       string
	First, Last int
	Log         bool
	Ticks       []label
}

type lane struct {
	Section, Title, Sub string
	Spaces              []space
}

// space is one panel of one lane.
type space struct {
	Class  string
	About  string // for readers who do not see the picture
	Marks  []mark
	Labels []label
}

// mark is a port, or several at one place.
type mark struct {
	X, Class, Tip string
	UDP           bool
	at            float64
	first         uint16
	weight        int
	tips          []string
}

// label is a number at a place. A minor one is dropped on a narrow page.
type label struct {
	X, Text, Anchor string
	Minor           bool
}

type legend struct{ Class, Text string }

func panels() []panel {
	return []panel{
		{Class: "well-known", First: 0, Last: 1023, Log: true},
		{Class: "registered", First: 1024, Last: 49151, Log: true},
		{Class: "dynamic", First: 49152, Last: 65535},
	}
}

// at places a port within its panel, in percent. The margin keeps the marks of
// both ends whole.
func (p panel) at(port int) float64 {
	const margin = 1.5
	first, last, x := float64(p.First), float64(p.Last), float64(port)
	share := (x - first) / (last - first)
	if p.Log {
		low := max(first, 1)
		share = math.Log(max(x, low)/low) / math.Log(last/low)
	}
	return margin + share*(100-2*margin)
}

// The most lanes that get labels, and how far apart labels stand, in percent
// of a panel, on a wide page and on a narrow one.
const (
	labelledLanes = 40
	wideGap       = 13.0
	narrowGap     = 32.0
)

func newPortMap(sections []section) portMap {
	m := portMap{Panels: panels()}
	for i := range m.Panels {
		p := &m.Panels[i]
		for _, port := range []int{1, 8, 64, 1023, 1024, 4096, 16384, 49151, 49152, 57344, 65535} {
			if p.First <= port && port <= p.Last {
				p.Ticks = append(p.Ticks, newLabel(p.at(port), strconv.Itoa(port)))
			}
		}
	}
	states := make(map[string]string)
	for _, s := range sections {
		m.Lanes = append(m.Lanes, m.lanes(s)...)
		if s.Class != "" {
			continue
		}
		for _, b := range s.Blocks {
			for _, r := range b.records {
				states[markClass(s, r)] = r.State
			}
		}
	}
	m.Dense = len(m.Lanes) > labelledLanes
	for class, text := range states {
		m.States = append(m.States, legend{class, text})
	}
	slices.SortFunc(m.States, func(a, b legend) int { return cmp.Compare(weight(b.Class), weight(a.Class)) })
	return m
}

// lanes draws each address of a host, and an exposure as a whole.
func (m portMap) lanes(s section) []lane {
	if s.Class != "" {
		var all []*Record
		for _, b := range s.Blocks {
			all = append(all, b.records...)
		}
		return []lane{{s.ID, s.Title, s.N, m.spaces(s, all)}}
	}
	var out []lane
	for _, b := range s.Blocks {
		out = append(out, lane{s.ID, s.Title, b.Title, m.spaces(s, b.records)})
	}
	return out
}

func (m portMap) spaces(s section, records []*Record) []space {
	var out []space
	for _, p := range m.Panels {
		sp := space{Class: p.Class, Marks: marks(p, s, records)}
		var names []string
		for _, k := range sp.Marks {
			names = append(names, k.Tip)
		}
		sp.About = p.Class + ": " + cmp.Or(strings.Join(names, "; "), "nothing shown")
		sp.Labels = labels(sp.Marks)
		out = append(out, sp)
	}
	return out
}

// marks puts ports that would cover each other into one mark, of the most
// telling class among them.
func marks(p panel, s section, records []*Record) []mark {
	const step = 0.4 // percent of the panel
	byPlace := make(map[int]*mark)
	for _, r := range records {
		if int(r.Port) < p.First || int(r.Port) > p.Last {
			continue
		}
		at := p.at(int(r.Port))
		place := int(at / step)
		if r.Proto == "udp" {
			place = -place - 1 // beside, not over, the mark of a TCP port
		}
		k := byPlace[place]
		if k == nil {
			k = &mark{at: at, first: r.Port, UDP: r.Proto == "udp", weight: -1}
			byPlace[place] = k
		}
		class := markClass(s, r)
		if w := weight(class); w > k.weight {
			k.Class, k.weight = class, w
		}
		tip := strings.TrimSpace(fmt.Sprintf("%d/%s %s", r.Port, r.Proto, Escape(r.Service)))
		if !slices.Contains(k.tips, tip) {
			k.tips = append(k.tips, tip)
		}
	}
	var out []mark
	for _, k := range byPlace {
		k.X, k.Tip = percent(k.at), tipText(k.tips)
		out = append(out, *k)
	}
	slices.SortFunc(out, func(a, b mark) int {
		return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.Tip, b.Tip))
	})
	return out
}

// tipText spells out a few ports.
func tipText(tips []string) string {
	const most = 8
	if len(tips) > most {
		return strings.Join(tips[:most], ", ") + fmt.Sprintf(" and %d more", len(tips)-most)
	}
	return strings.Join(tips, ", ")
}

// labels names as many marks as have room, the weightiest first.
func labels(marks []mark) []label {
	order := slices.Clone(marks)
	slices.SortStableFunc(order, func(a, b mark) int { return cmp.Compare(b.weight, a.weight) })
	var out []label
	var wide, narrow []float64
	for _, k := range order {
		if !roomAt(k.at, wide, wideGap) {
			continue
		}
		wide = append(wide, k.at)
		l := newLabel(k.at, strconv.Itoa(int(k.first)))
		if l.Minor = !roomAt(k.at, narrow, narrowGap); !l.Minor {
			narrow = append(narrow, k.at)
		}
		out = append(out, l)
	}
	return out
}

func roomAt(at float64, taken []float64, gap float64) bool {
	return !slices.ContainsFunc(taken, func(t float64) bool { return math.Abs(at-t) < gap })
}

// newLabel keeps text within the panel at both ends.
func newLabel(at float64, text string) label {
	anchor := "middle"
	switch {
	case at < 12:
		anchor = "start"
	case at > 88:
		anchor = "end"
	}
	return label{X: percent(at), Text: text, Anchor: anchor}
}

// markClass is the state of a scanned port, else the class of its section.
func markClass(s section, r *Record) string { return cmp.Or(s.Class, slug(r.State)) }

// weight orders what a mark may stand for by how much it matters.
func weight(class string) int {
	return slices.Index([]string{"closed", "filtered", "unknown", "open-filtered", "own", "near", "wide", "open"}, class)
}
