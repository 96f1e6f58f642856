package report

import (
	"cmp"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// portMap draws the port space: a panel for each class of ports, a lane for each
// host or exposure, a mark for each port. All positions are percentages, so that
// the page can have any width.
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

// lanes counts the lanes: one for each address of a host, and one for each exposure.
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

// space draws one panel of one lane.
func (h *htmlWriter) space(p panel, marks []*mark, dense bool) {
	var names []string // for readers who cannot see the picture
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

// states adds the states that the marks of a host stand for, by their class.
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
