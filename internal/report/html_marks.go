package report

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
)

// panel is the space of one class. The first two are on a logarithmic scale, since
// most ports in use are low.
type panel struct {
	class        string
	first, last  int
	log          bool
	wide, narrow float64 // its least width in pixels, on a wide page and on a narrow one
}

// mark is a port, or several ports that would cover each other.
type mark struct {
	at     float64 // percent of the panel
	class  string
	weight int
	udp    bool
	traits traits
	ports  []markedPort // a few, those of the greatest weight first
	tips   []string
}

// markedPort is one of the ports of a mark.
type markedPort struct {
	port   uint16
	weight int
}

func panels() []panel {
	return []panel{
		{class: "well-known", first: 0, last: 1023, log: true, wide: 260, narrow: 112},
		{class: "registered", first: 1024, last: 49151, log: true, wide: 260, narrow: 112},
		{class: "dynamic", first: 49152, last: 65535, wide: 172, narrow: 74},
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
			k = &mark{at: at, udp: udp, weight: -1}
			byPosition[position] = k
		}
		k.add(markClass(s, r), r)
	}
	return slices.SortedFunc(maps.Values(byPosition), func(a, b *mark) int {
		return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.tip(), b.tip()))
	})
}

func (k *mark) add(class string, r *row) {
	w := weight(class)
	if w > k.weight {
		k.class, k.weight = class, w
	}
	k.addPort(markedPort{r.port, w})
	k.traits |= r.traits
	tip := fmt.Sprintf("%d/%s", r.port, r.proto)
	if service := cmp.Or(r.proved, r.service); service != "" {
		tip += " " + service
	}
	if !slices.Contains(k.tips, tip) {
		k.tips = append(k.tips, tip)
	}
}

// addPort keeps as many ports as can have a label.
func (k *mark) addPort(p markedPort) {
	at := slices.IndexFunc(k.ports, func(q markedPort) bool { return p.weight > q.weight })
	if slices.ContainsFunc(k.ports, func(q markedPort) bool { return p.port == q.port }) || at < 0 && len(k.ports) == labelLines {
		return
	}
	if at < 0 {
		at = len(k.ports)
	}
	k.ports = slices.Insert(k.ports, at, p)
	k.ports = k.ports[:min(len(k.ports), labelLines)]
}

// tip names the ports of a mark, the first few in full.
func (k *mark) tip() string {
	const shown = 8
	if len(k.tips) > shown {
		return strings.Join(k.tips[:shown], ", ") + fmt.Sprintf(" and %d more", len(k.tips)-shown)
	}
	return strings.Join(k.tips, ", ")
}

// markClass is the state of a scanned port, else the class of its section.
func markClass(s *section, r *row) string { return cmp.Or(s.class, slug(r.state)) }

// weight orders the classes of marks by how much they matter to a reader.
func weight(class string) int {
	return slices.Index([]string{"closed", "closed-filtered", "filtered", "unknown", "open-filtered", "own", "near", "wide", "open"}, class)
}
