package report

import (
	"bufio"
	"cmp"
	_ "embed" // the page's style and script
	"net/netip"
	"slices"
	"time"

	"porthole/internal/record"
)

//go:embed page/page.css
var pageCSS string

//go:embed page/page.js
var pageJS string

// The page's policy admits its style and its script by these digests. They are
// not computed here, because crypto/sha256 is 0.15 MB of FIPS 140 and its
// self-test at every start.
const (
	styleDigest  = "sha256-jkdTwvFY9eEzjozOx9EGd3AHfqj8A3iqCiTCyCLUFv0="
	scriptDigest = "sha256-CFvCLjPuIYYli00pem29YilJBNs44THXkac6QHg3lhs="
)

// htmlWriter writes one page that is complete in itself: its style and its
// script are inside, its policy lets nothing else in, and it can be read
// without the script. Until the end it holds a row for each shown record.
type htmlWriter struct {
	markup
	o       Options
	g       *groups // of a scan
	columns []*pageColumn
	blocks  map[place]*block
}

func newHTMLWriter(w *bufio.Writer, o Options, g *groups) *htmlWriter {
	return &htmlWriter{markup: markup{w}, o: o, g: g, columns: pageColumns(o.Kind), blocks: make(map[place]*block)}
}

func (h *htmlWriter) write(r *record.Record) error {
	at := h.place(r)
	b := h.blocks[at]
	if b == nil {
		b = new(block)
		h.blocks[at] = b
	}
	b.rows = append(b.rows, h.row(r))
	return nil
}

// place is where a record belongs: to an address of a scan, or to an owner
// among the sockets of one exposure.
type place struct {
	addr            netip.Addr
	exposure, owner string
}

func (h *htmlWriter) place(r *record.Record) (p place) {
	switch h.o.Kind {
	case record.KindPort:
		p.addr, _ = netip.ParseAddr(r.Addr)
	case record.KindSocket:
		p.exposure, p.owner = r.Exposure, cmp.Or(userText(r), "owner not known")
	}
	return p
}

func (h *htmlWriter) close(s *record.Summary) error {
	var hosts []*host
	if h.g != nil {
		hosts = h.g.sorted()
	}
	sections := h.sections(hosts)
	h.head(s)
	h.numbers(s)
	if len(sections) > 0 {
		h.portMap(sections)
	}
	h.put(`<div class="tools" hidden>
<input type="search" placeholder="Search: ssh, 443, 192.0.2.7, open …" aria-label="Search the rows" autocomplete="off" spellcheck="false">
<output></output>
</div>
`)
	if len(sections) > 0 {
		h.table(sections)
	} else {
		h.put("<p class=\"empty\">Nothing to show.</p>\n")
	}
	h.quiet(hosts, len(sections) == 0)
	h.foot()
	return nil
}

func (h *htmlWriter) head(s *record.Summary) {
	title := "porthole " + h.o.Command
	when := h.o.Start.Format("2 January 2006, 15:04:05 MST")
	took := time.Duration(s.Elapsed * float64(time.Millisecond)).Round(time.Millisecond).String()
	h.put(`<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="generator" content="porthole {}">
<title>{}, {}</title>
<style>`, "default-src 'none'; base-uri 'none'; form-action 'none'; style-src '"+styleDigest+"'; script-src '"+scriptDigest+"'",
		h.o.Version, title, when)
	h.put(raw(pageCSS))
	h.put(`</style>
</head>
<body>
<header>
<svg class="logo" viewBox="0 0 48 48" aria-hidden="true"><circle cx="24" cy="24" r="21"/><circle cx="24" cy="24" r="12.5"/><path d="M24 3v8.500M24 36.500V45M3 24h8.500M36.500 24H45"/></svg>
<div>
<h1>{}</h1>
<p class="run"><code>{}</code></p>
<p class="when">{}, took {}</p>
</div>
</header>
<main>
`, title, commandLine(h.o.Args), when, took)
	if !s.Complete {
		h.put("<p class=\"warning\" role=\"note\"><strong>Incomplete.</strong> {}</p>\n", cmp.Or(Missing(s), "ended before all was read"))
	}
}

func (h *htmlWriter) foot() {
	h.put(`</main>
<footer>porthole {}. A service is what the port number stands for, not what was seen to answer.</footer>
<script>`, h.o.Version)
	h.put(raw(pageJS))
	h.put("</script>\n</body>\n</html>\n")
}

// quiet lists the addresses of a scan without anything to show.
func (h *htmlWriter) quiet(hosts []*host, open bool) {
	hosts = slices.DeleteFunc(hosts, func(host *host) bool { return len(host.lines) > 0 })
	if len(hosts) == 0 {
		return
	}
	h.put(`<details class="quiet"`)
	if open {
		h.put(" open")
	}
	h.put(`>
<summary>{} without a port to show</summary>
<table>
<thead><tr><th scope="col">address</th><th scope="col">host</th><th scope="col">not shown</th></tr></thead>
<tbody>`, count(len(hosts), "address", "addresses"))
	for _, host := range hosts {
		h.quietHost(host)
	}
	h.put("</tbody>\n</table>\n</details>\n")
}

func (h *htmlWriter) quietHost(host *host) {
	status := host.status
	if status == "unknown" {
		status = "no answer"
	}
	h.put(`<tr><td class="mono">{}`, host.addr.String())
	h.putIf(" <small>{}</small>", host.name)
	h.put("</td><td>{}</td><td>{}</td></tr>\n", status, restText(host))
}
