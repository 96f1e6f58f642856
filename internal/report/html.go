package report

import (
	"bufio"
	"cmp"
	"crypto/sha256"
	_ "embed" // the page's style and script
	"encoding/base64"
	"net/netip"
	"slices"
	"time"

	"porthole/internal/record"
	"porthole/internal/sentence"
)

//go:embed page/page.css
var pageCSS string

//go:embed page/page.js
var pageJS string

// htmlWriter writes one self-contained page. Its style and its script are inside,
// its policy admits nothing else, and it can be read without the script. The rows
// are kept until the end, when their order and the columns in use are known.
type htmlWriter struct {
	markup
	o       Options
	hosts   *scanHosts // of a scan
	columns []*pageColumn
	blocks  map[blockKey]*block

	verified     bool // some record was verified
	certificates []certificate
}

func newHTMLWriter(w *bufio.Writer, o Options, hosts *scanHosts) *htmlWriter {
	return &htmlWriter{markup: markup{w}, o: o, hosts: hosts, columns: pageColumns(o.Kind), blocks: make(map[blockKey]*block)}
}

func (h *htmlWriter) write(r *record.Record) error {
	key := h.blockKeyOf(r)
	b := h.blocks[key]
	if b == nil {
		b = new(block)
		h.blocks[key] = b
	}
	b.rows = append(b.rows, h.row(r))
	h.addCertificate(r)
	return nil
}

// blockKey is what the records of one block share: the address of a scan, or the
// exposure and the owner of sockets.
type blockKey struct {
	addr            netip.Addr
	exposure, owner string
}

func (h *htmlWriter) blockKeyOf(r *record.Record) (key blockKey) {
	switch h.o.Kind {
	case record.KindPort:
		key.addr, _ = netip.ParseAddr(r.Addr)
	case record.KindSocket:
		key.exposure, key.owner = r.Exposure, cmp.Or(userText(r), "owner not known")
	}
	return key
}

func (h *htmlWriter) close(s *record.Summary) error {
	var hosts []*host
	if h.hosts != nil {
		hosts = h.hosts.sorted()
	}
	sections := h.sections(hosts)
	h.header(s)
	h.figures(s, sections)
	if len(sections) > 0 && h.o.Kind != record.KindHost {
		h.overview(sections)
	}
	h.put(`<div class="tools" hidden>
<input type="search" placeholder="Search: ssh, 443, 192.0.2.7, open …" aria-label="Search the rows" autocomplete="off" spellcheck="false">
<output></output>
<button type="button" class="all" hidden>show all</button>
</div>
`)
	if len(sections) > 0 {
		h.table(sections)
	} else {
		h.put("<p class=\"empty\">Nothing to show.</p>\n")
	}
	h.certificateTable()
	if h.o.Kind != record.KindHost {
		h.emptyHosts(hosts, len(sections) == 0)
	}
	h.footer()
	return nil
}

func (h *htmlWriter) header(s *record.Summary) {
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
<style>`, policy(),
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

// policy is the Content Security Policy of the page. It admits the style and the
// script that are in the page, and nothing else.
func policy() string {
	return "default-src 'none'; base-uri 'none'; form-action 'none'; style-src '" + digest(pageCSS) + "'; script-src '" + digest(pageJS) + "'"
}

// digest is a hash-source of a policy (CSP Level 3, section 2.3.1).
func digest(text string) string {
	sum := sha256.Sum256([]byte(text))
	return "sha256-" + base64.StdEncoding.EncodeToString(sum[:])
}

func (h *htmlWriter) footer() {
	h.put(`</main>
<footer>porthole {}. {}</footer>
<script>`, h.o.Version, h.serviceMeaning())
	h.put(raw(pageJS))
	h.put("</script>\n</body>\n</html>\n")
}

// serviceMeaning says what the services on the page are.
func (h *htmlWriter) serviceMeaning() string {
	if h.verified {
		return "A service with a ? is what the port number stands for; every other one was seen to answer."
	}
	return "A service is what the port number stands for, not what was seen to answer."
}

// emptyHosts lists the addresses of a scan that have no port to show.
func (h *htmlWriter) emptyHosts(hosts []*host, open bool) {
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
<tbody>`, sentence.Count(len(hosts), "address", "addresses"))
	for _, host := range hosts {
		h.emptyHost(host)
	}
	h.put("</tbody>\n</table>\n</details>\n")
}

func (h *htmlWriter) emptyHost(host *host) {
	status := host.status
	if status == "unknown" {
		status = "no answer"
	}
	h.put(`<tr><td class="mono">{}`, host.addr.String())
	h.putIf(" <small>{}</small>", host.name)
	h.put("</td><td>{}</td><td>{}</td></tr>\n", status, notShownText(host))
}
