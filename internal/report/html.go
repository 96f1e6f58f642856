package report

import (
	"bufio"
	_ "embed" // the page's template, style and script
	"html/template"
	"time"
)

//go:embed page/page.html
var pageHTML string

//go:embed page/page.css
var pageCSS string

//go:embed page/page.js
var pageJS string

// The page's policy admits its style and its script by these digests. They are
// not computed here, because crypto/sha256 is 0.15 MB of FIPS 140 and its
// self-test at every start.
const (
	styleDigest  = "sha256-jkdTwvFY9eEzjozOx9EGd3AHfqj8A3iqCiTCyCLUFv0="
	scriptDigest = "sha256-ty2tQ6SratB+dcZP0+wIwYQbMQ4i13iweizLM0JxRhY="
)

// htmlWriter writes one page that is complete in itself: its style and its
// script are inside, its policy lets nothing else in, and it can be read
// without the script. It holds the shown records until the end.
type htmlWriter struct {
	w    *bufio.Writer
	o    Options
	g    *groups // of a scan
	rows []*Record
}

func newHTMLWriter(w *bufio.Writer, o Options, g *groups) *htmlWriter {
	return &htmlWriter{w: w, o: o, g: g}
}

func (h *htmlWriter) write(r *Record) error {
	row := *r
	h.rows = append(h.rows, &row)
	return nil
}

func (h *htmlWriter) close(s *Summary) error {
	t, err := template.New("page").Parse(pageHTML)
	if err != nil {
		return err
	}
	return t.Execute(h.w, h.page(s))
}

// page is all that the template shows. Text from outside is escaped twice: by
// [Escape] when it goes in, and by html/template when it comes out.
type page struct {
	Title, Command, When, Took string
	Version                    string
	Missing                    string // why it is incomplete
	Policy                     string // Content-Security-Policy
	Style                      template.CSS
	Script                     template.JS
	Stats                      []stat
	Bar                        []segment
	Map                        portMap
	Columns                    []pageColumn
	Sections                   []section
	Quiet                      []quiet
}

func (h *htmlWriter) page(s *Summary) page {
	p := page{
		Title:   "porthole " + h.o.Command,
		Command: Escape(commandLine(h.o.Args)),
		When:    h.o.Start.Format("2 January 2006, 15:04:05 MST"),
		Took:    (time.Duration(s.Elapsed * float64(time.Millisecond))).Round(time.Millisecond).String(),
		Version: h.o.Version,
		Policy:  "default-src 'none'; base-uri 'none'; form-action 'none'; style-src '" + styleDigest + "'; script-src '" + scriptDigest + "'",
		Style:   template.CSS(pageCSS),
		Script:  template.JS(pageJS),
	}
	if !s.Complete {
		p.Missing = s.Missing()
		if p.Missing == "" {
			p.Missing = "ended before all was read"
		}
	}
	p.Stats, p.Bar = stats(s), h.bar(s)
	p.Sections = h.sections()
	p.Columns = fill(p.Sections, h.o.Kind)
	p.Map = newPortMap(p.Sections)
	p.Quiet = h.quiet()
	return p
}
