package report

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
)

// portMap draws the port space: a panel for each class, a lane for each block
// of ports, a mark for each port. All positions are in percent, so that the
// page can have any width.
func (h *htmlWriter) portMap(sections []*section) {
	dense := lanes(sections) > labelledLanes
	h.put(`<section class="map`)
	if dense {
		h.put(" dense")
	}
	h.put(`">
<h2>The port space</h2>
<div class="lane axis" aria-hidden="true"><span class="who"></span>`)
	for _, p := range panels() {
		h.axis(p)
	}
	h.put("\n</div>\n")
	states := make(map[string]string)
	for _, s := range sections {
		h.lanes(s, dense)
		if s.class == "" {
			s.states(states)
		}
	}
	h.legend(states)
	h.put("</section>\n")
}

// lanes is one for each address of a host, and one for an exposure as a whole.
func lanes(sections []*section) int {
	n := 0
	for _, s := range sections {
		if s.class != "" {
			n++
		} else {
			n += len(s.blocks)
		}
	}
	return n
}

func (h *htmlWriter) axis(p panel) {
	h.put("\n<div class=\"space {}\"><b>{}</b><svg>", p.class, p.class)
	for _, port := range []int{1, 8, 64, 1023, 1024, 4096, 16384, 49151, 49152, 57344, 65535} {
		if p.first <= port && port <= p.last {
			h.label(11, label{at: p.at(port), text: strconv.Itoa(port)})
		}
	}
	h.put("</svg></div>")
}

func (h *htmlWriter) lanes(s *section, dense bool) {
	if s.class == "" {
		for _, b := range s.blocks {
			h.lane(s, b.title, b.rows, dense)
		}
		return
	}
	var all []*row
	for _, b := range s.blocks {
		all = append(all, b.rows...)
	}
	h.lane(s, s.n, all, dense)
}

func (h *htmlWriter) lane(s *section, sub string, rows []*row, dense bool) {
	h.put(`<div class="lane" data-section="{}">
<a class="who" href="#{}"><b>{}</b>`, s.id, s.id, s.title)
	h.putIf(" <small>{}</small>", sub)
	h.put("</a>")
	for _, p := range panels() {
		h.space(p, marks(p, s, rows), dense)
	}
	h.put("\n</div>\n")
}

// space is one panel of one lane.
func (h *htmlWriter) space(p panel, marks []*mark, dense bool) {
	var names []string // for readers who do not see the picture
	for _, k := range marks {
		names = append(names, k.tip())
	}
	h.put(`
<svg class="space {}" role="img" aria-label="{}"><rect class="track" y="2" width="100%" height="26" rx="5"/>`,
		p.class, p.class+": "+cmp.Or(strings.Join(names, "; "), "nothing shown"))
	for i, k := range marks {
		x := percent(k.at)
		if k.udp {
			h.put(`<line class="{} udp" x1="{}" x2="{}" y1="17" y2="24"><title>{}</title></line>`, k.class, x, x, names[i])
		} else {
			h.put(`<line class="{}" x1="{}" x2="{}" y1="6" y2="24"><title>{}</title></line>`, k.class, x, x, names[i])
		}
	}
	if !dense {
		for _, l := range labels(marks) {
			h.label(41, l)
		}
	}
	h.put("</svg>")
}

func (h *htmlWriter) label(y int, l label) {
	h.put(`<text x="{}" y="{}" text-anchor="{}"`, percent(l.at), strconv.Itoa(y), l.anchor())
	if l.minor {
		h.put(` class="minor"`)
	}
	h.put(">{}</text>", l.text)
}

// states gathers what the marks of a host stand for.
func (s *section) states(into map[string]string) {
	for _, b := range s.blocks {
		for _, r := range b.rows {
			into[markClass(s, r)] = r.state
		}
	}
}

func (h *htmlWriter) legend(states map[string]string) {
	classes := slices.SortedFunc(maps.Keys(states), func(a, b string) int {
		return cmp.Or(cmp.Compare(weight(b), weight(a)), cmp.Compare(a, b))
	})
	h.put(`<p class="legend">`)
	for _, class := range classes {
		h.put(`<span><svg><line class="{}" x1="4" x2="4" y1="1" y2="15"/></svg>{}</span> `, class, states[class])
	}
	h.put(`<span><svg><line class="plain" x1="4" x2="4" y1="1" y2="15"/></svg>TCP</span> <span><svg><line class="plain" x1="4" x2="4" y1="9" y2="15"/></svg>UDP</span> <span class="scale">well-known and registered ports on a logarithmic scale</span></p>
`)
}

// panel is the space of one class. The first two are logarithmic: the low
// ports are the ones that crowd.
type panel struct {
	class       string
	first, last int
	log         bool
}

// mark is a port, or several at one place.
type mark struct {
	at     float64 // percent of the panel
	class  string
	weight int
	first  uint16
	udp    bool
	tips   []string
}

// label is a number at a place. A minor one is dropped on a narrow page.
type label struct {
	at    float64 // percent of the panel
	text  string
	minor bool
}

func panels() []panel {
	return []panel{
		{class: "well-known", first: 0, last: 1023, log: true},
		{class: "registered", first: 1024, last: 49151, log: true},
		{class: "dynamic", first: 49152, last: 65535},
	}
}

// at places a port within its panel, in percent. The margin keeps the marks of
// both ends whole.
func (p panel) at(port int) float64 {
	const margin = 1.5
	first, last, x := float64(p.first), float64(p.last), float64(port)
	share := (x - first) / (last - first)
	if p.log {
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

// marks puts ports that would cover each other into one mark, of the most
// telling class among them.
func marks(p panel, s *section, rows []*row) []*mark {
	const step = 0.4 // percent of the panel
	byPlace := make(map[int]*mark)
	for _, r := range rows {
		if int(r.port) < p.first || int(r.port) > p.last {
			continue
		}
		at, udp := p.at(int(r.port)), r.proto == "udp"
		place := int(at / step)
		if udp {
			place = -place - 1 // beside, not over, the mark of a TCP port
		}
		k := byPlace[place]
		if k == nil {
			k = &mark{at: at, first: r.port, udp: udp, weight: -1}
			byPlace[place] = k
		}
		k.add(markClass(s, r), r)
	}
	return slices.SortedFunc(maps.Values(byPlace), func(a, b *mark) int {
		return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.tip(), b.tip()))
	})
}

func (k *mark) add(class string, r *row) {
	if w := weight(class); w > k.weight {
		k.class, k.weight = class, w
	}
	tip := fmt.Sprintf("%d/%s", r.port, r.proto)
	if r.service != "" {
		tip += " " + r.service
	}
	if !slices.Contains(k.tips, tip) {
		k.tips = append(k.tips, tip)
	}
}

// tip spells out a few ports.
func (k *mark) tip() string {
	const most = 8
	if len(k.tips) > most {
		return strings.Join(k.tips[:most], ", ") + fmt.Sprintf(" and %d more", len(k.tips)-most)
	}
	return strings.Join(k.tips, ", ")
}

// labels names as many marks as have room, the weightiest first.
func labels(marks []*mark) []label {
	order := slices.Clone(marks)
	slices.SortStableFunc(order, func(a, b *mark) int { return cmp.Compare(b.weight, a.weight) })
	var out []label
	var wide, narrow []float64
	for _, k := range order {
		if !roomAt(k.at, wide, wideGap) {
			continue
		}
		wide = append(wide, k.at)
		l := label{at: k.at, text: strconv.Itoa(int(k.first)), minor: true}
		if roomAt(k.at, narrow, narrowGap) {
			l.minor = false
			narrow = append(narrow, k.at)
		}
		out = append(out, l)
	}
	return out
}

func roomAt(at float64, taken []float64, gap float64) bool {
	return !slices.ContainsFunc(taken, func(t float64) bool { return math.Abs(at-t) < gap })
}

// anchor keeps the text within the panel at both ends.
func (l label) anchor() string {
	switch {
	case l.at < 12:
		return "start"
	case l.at > 88:
		return "end"
	default:
		return "middle"
	}
}

// markClass is the state of a scanned port, else the class of its section.
func markClass(s *section, r *row) string { return cmp.Or(s.class, slug(r.state)) }

// weight orders what a mark may stand for by how much it matters.
func weight(class string) int {
	return slices.Index([]string{"closed", "filtered", "unknown", "open-filtered", "own", "near", "wide", "open"}, class)
}
