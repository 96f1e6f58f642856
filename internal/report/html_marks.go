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

// panel is the space of one class. The first two are on a logarithmic scale, since
// most ports in use are low.
type panel struct {
	class       string
	first, last int
	log         bool
}

// mark is a port, or several ports that would cover each other.
type mark struct {
	at     float64 // percent of the panel
	class  string
	weight int
	first  uint16
	udp    bool
	tips   []string
}

// label is a port number below a mark. A minor label is hidden on a narrow page.
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

// at is the position of a port within its panel, in percent. The margin keeps the
// marks at both ends whole.
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

const (
	labelledLanes = 40   // with more lanes than this, none has labels
	wideGap       = 13.0 // least distance of labels on a wide page, in percent of a panel
	narrowGap     = 32.0 // the same on a narrow page
)

// marks makes the marks of a panel. Ports that would cover each other share one,
// which has the class of the greatest weight among them.
func marks(p panel, s *section, rows []*row) []*mark {
	const step = 0.4 // percent of the panel
	byPosition := make(map[int]*mark)
	for _, r := range rows {
		if int(r.port) < p.first || int(r.port) > p.last {
			continue
		}
		at, udp := p.at(int(r.port)), r.proto == "udp"
		position := int(at / step)
		if udp {
			position = -position - 1 // beside, not over, the mark of a TCP port
		}
		k := byPosition[position]
		if k == nil {
			k = &mark{at: at, first: r.port, udp: udp, weight: -1}
			byPosition[position] = k
		}
		k.add(markClass(s, r), r)
	}
	return slices.SortedFunc(maps.Values(byPosition), func(a, b *mark) int {
		return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.tip(), b.tip()))
	})
}

func (k *mark) add(class string, r *row) {
	if w := weight(class); w > k.weight {
		k.class, k.weight = class, w
	}
	tip := fmt.Sprintf("%d/%s", r.port, r.proto)
	if service := cmp.Or(r.proved, r.service); service != "" {
		tip += " " + service
	}
	if !slices.Contains(k.tips, tip) {
		k.tips = append(k.tips, tip)
	}
}

// tip names the ports of a mark, the first few in full.
func (k *mark) tip() string {
	const shown = 8
	if len(k.tips) > shown {
		return strings.Join(k.tips[:shown], ", ") + fmt.Sprintf(" and %d more", len(k.tips)-shown)
	}
	return strings.Join(k.tips, ", ")
}

// labels makes labels for as many marks as there is room for, those of the greatest
// weight first.
func labels(marks []*mark) []label {
	order := slices.Clone(marks)
	slices.SortStableFunc(order, func(a, b *mark) int { return cmp.Compare(b.weight, a.weight) })
	var out []label
	var wide, narrow []float64
	for _, k := range order {
		if !hasRoom(k.at, wide, wideGap) {
			continue
		}
		wide = append(wide, k.at)
		l := label{at: k.at, text: strconv.Itoa(int(k.first)), minor: true}
		if hasRoom(k.at, narrow, narrowGap) {
			l.minor = false
			narrow = append(narrow, k.at)
		}
		out = append(out, l)
	}
	return out
}

func hasRoom(at float64, taken []float64, gap float64) bool {
	return !slices.ContainsFunc(taken, func(t float64) bool { return math.Abs(at-t) < gap })
}

// anchor aligns a label so that it stays within the panel.
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

// weight orders the classes of marks by how much they matter to a reader.
func weight(class string) int {
	return slices.Index([]string{"closed", "closed-filtered", "filtered", "unknown", "open-filtered", "own", "near", "wide", "open"}, class)
}
