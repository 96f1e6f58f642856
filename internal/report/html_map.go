package report

import (
	"cmp"
	"maps"
	"slices"
	"strconv"
	"strings"

	"porthole/internal/record"
)

// overview draws what is on the page: a few hosts or exposures on a map of the port
// space, many hosts on a heat map.
func (h *htmlWriter) overview(sections []*section) {
	if lanes := lanesOf(sections); len(lanes) > labelledLanes {
		h.heatMap(lanes)
	} else {
		h.portMap(sections, lanes)
	}
}

// lane is an address of a host, or an exposure.
type lane struct {
	section *section
	sub     string // beside the section's title
	rows    []*row
}

func lanesOf(sections []*section) (lanes []lane) {
	for _, s := range sections {
		if s.class == "" {
			for _, b := range s.blocks {
				lanes = append(lanes, lane{s, b.title, b.rows})
			}
			continue
		}
		var all []*row
		for _, b := range s.blocks {
			all = append(all, b.rows...)
		}
		lanes = append(lanes, lane{s, s.n, all})
	}
	return lanes
}

// name is what the lane is called: an address has one beside the name of its host.
func (l lane) name() string {
	if l.section.class == "" {
		return cmp.Or(l.sub, l.section.title)
	}
	return l.section.title
}

// portMap draws the port space: a panel for each class of ports, a lane for each
// host or exposure, a mark for each port. All positions are percentages, so that
// the page can have any width.
func (h *htmlWriter) portMap(sections []*section, lanes []lane) {
	h.put(`<section class="map">
<h2>The port space</h2>
<div class="lane axis" aria-hidden="true"><span class="who"></span>`)
	for _, p := range panels() {
		h.axis(p)
	}
	h.put("\n</div>\n")
	for _, l := range lanes {
		h.lane(l)
	}
	h.legend(sections, lanes)
	h.put("</section>\n")
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

func (h *htmlWriter) lane(l lane) {
	h.put(`<div class="lane" data-section="{}">
<a class="who" href="#{}"><b>{}</b>`, l.section.id, l.section.id, l.section.title)
	h.putIf(" <small>{}</small>", l.sub)
	h.put("</a>")
	for _, p := range panels() {
		h.space(p, marks(p, l.section, l.rows))
	}
	h.put("\n</div>\n")
}

// space draws one panel of one lane.
func (h *htmlWriter) space(p panel, marks []*mark) {
	var names []string // for readers who cannot see the picture
	for _, k := range marks {
		names = append(names, k.tip())
	}
	labels := labels(p, marks)
	wide, narrow := lines(labels)
	h.put(`
<svg class="space {} w{} n{}" role="img" aria-label="{}"><rect class="track" y="2" width="100%" height="26" rx="5"/>`,
		p.class, strconv.Itoa(wide), strconv.Itoa(narrow), p.class+": "+cmp.Or(strings.Join(names, "; "), "nothing shown"))
	for i, k := range marks {
		h.mark(k, names[i])
	}
	for _, l := range labels {
		h.label(41, l)
	}
	h.put("</svg>")
}

// mark draws a line, with a dot at its head if the service was proved, and one at
// its foot for a certificate.
func (h *htmlWriter) mark(k *mark, tip string) {
	x, class, top := percent(k.at), k.class, "6"
	if k.udp {
		class, top = class+" udp", "17"
	}
	h.put(`<g class="{}"><title>{}</title><line x1="{}" x2="{}" y1="{}" y2="24"/>`, class, tip, x, x, top)
	if k.traits&isVerifiedRow != 0 {
		h.put(`<circle class="proved" cx="{}" cy="{}" r="4"/>`, x, top)
	}
	if certificate := k.traits.certificate(); certificate != "" {
		h.put(`<circle class="certificate {}" cx="{}" cy="24" r="4.500"/>`, certificate, x)
	}
	h.put("</g>")
}

// legend says what the colors and shapes on the map stand for, those that are there.
func (h *htmlWriter) legend(sections []*section, lanes []lane) {
	h.put(`<p class="legend">`)
	if h.o.Kind != record.KindService {
		for _, c := range classesOf(sections) {
			h.legendLine(c.class, c.text)
		}
	}
	proved, protos, certificates := false, make(map[string]bool), make(map[string]bool)
	for _, l := range lanes {
		for _, r := range l.rows {
			proved = proved || r.traits&isVerifiedRow != 0
			protos[r.proto] = true
			certificates[r.traits.certificate()] = true
		}
	}
	if protos["udp"] && len(protos) > 1 {
		h.legendLine("plain", "TCP")
		h.put(`<span><svg><g class="plain"><line x1="5" x2="5" y1="9" y2="15"/></g></svg>UDP</span> `)
	}
	if proved {
		h.put(`<span><svg><g class="open"><line x1="5" x2="5" y1="4" y2="15"/><circle class="proved" cx="5" cy="4" r="4"/></g></svg>service proved</span> `)
	}
	for _, c := range []meaning{{"fine", "certificate"}, {"soon", "certificate that ends soon"}, {"expired", "certificate that expired"}} {
		if certificates[c.class] {
			h.put(`<span><svg><circle class="certificate {}" cx="5" cy="8" r="4.500"/></svg>{}</span> `, c.class, c.text)
		}
	}
	h.put(`<span class="scale">well-known and registered ports on a logarithmic scale</span></p>
`)
}

func (h *htmlWriter) legendLine(class, text string) {
	h.put(`<span><svg><g class="{}"><line x1="5" x2="5" y1="1" y2="15"/></g></svg>{}</span> `, class, text)
}

// meaning is a class of marks, and what it stands for.
type meaning struct{ class, text string }

// classesOf are the classes of the marks: states of ports, and the exposures of a
// list, which share a class where they mean the same.
func classesOf(sections []*section) []meaning {
	texts := make(map[string]string)
	for _, s := range sections {
		if s.class != "" {
			texts[s.class] = boundFor(s.class)
			continue
		}
		for _, b := range s.blocks {
			for _, r := range b.rows {
				texts[markClass(s, r)] = r.state
			}
		}
	}
	var out []meaning
	for _, class := range slices.SortedFunc(maps.Keys(texts), func(a, b string) int {
		return cmp.Or(cmp.Compare(weight(b), weight(a)), cmp.Compare(a, b))
	}) {
		out = append(out, meaning{class, texts[class]})
	}
	return out
}

// boundFor says for whom the sockets of an exposure are bound, by its class.
func boundFor(class string) string {
	switch class {
	case "wide":
		return "bound for everyone"
	case "near":
		return "bound for neighbours"
	default:
		return "bound for this machine alone"
	}
}
