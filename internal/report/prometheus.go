package report

import (
	"bufio"
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"porthole/internal/record"
)

// The limits of the file, whatever runs on the machine.
const (
	maxSeries = 5000
	maxLabel  = 128 // bytes of a label's value
)

// promWriter writes the listeners of a list in Prometheus's text format, for
// node_exporter's textfile collector. Each is a gauge with labels that stay the
// same when the process starts again, so PIDs are not among them. Sockets with the
// same labels, as in a SO_REUSEPORT group, are one series, which counts them.
// Connections are left out.
type promWriter struct {
	w       *bufio.Writer
	series  map[string]int // labels, and the sockets that have them
	omitted int
	ends    map[string]time.Time // of certificates that were seen, by the labels of where
}

func newPromWriter(w *bufio.Writer) *promWriter {
	return &promWriter{w: w, series: make(map[string]int), ends: make(map[string]time.Time)}
}

func (p *promWriter) write(r *record.Record) error {
	if !r.Waits() {
		return nil
	}
	p.certificate(r)
	labels := promLabels(r)
	if _, known := p.series[labels]; !known && len(p.series) == maxSeries {
		p.omitted++
		return nil
	}
	p.series[labels]++
	return nil
}

func (p *promWriter) close(s *record.Summary) error {
	p.gauge("porthole_listener", "Sockets of this machine that wait for connections or datagrams, by what they are bound to and who holds them.")
	for _, labels := range slices.Sorted(maps.Keys(p.series)) {
		fmt.Fprintf(p.w, "porthole_listener{%s} %d\n", labels, p.series[labels])
	}
	p.gauge("porthole_listener_omitted", "Listening sockets left out because there are too many.")
	fmt.Fprintf(p.w, "porthole_listener_omitted %d\n", p.omitted)
	p.writeCertificates()
	p.gauge("porthole_list_complete", "Whether the listing went through to its end.")
	complete := 0
	if s.Complete {
		complete = 1
	}
	_, err := fmt.Fprintf(p.w, "porthole_list_complete %d\n", complete)
	return err
}

func (p *promWriter) gauge(name, help string) {
	fmt.Fprintf(p.w, "# HELP %s %s\n# TYPE %s gauge\n", name, help, name)
}

// certificate keeps when the certificate of a verified listener ends.
func (p *promWriter) certificate(r *record.Record) {
	if r.Verified == nil || r.Verified.TLS == nil || r.Verified.TLS.NotAfter == nil || len(p.ends) == maxSeries {
		return
	}
	labels := joinLabels([]promLabel{
		{"proto", r.Proto}, {"addr", r.Addr}, {"port", strconv.Itoa(int(r.Port))}, {"netns", number(r.NetNS)},
		{"service", r.Verified.Service}, {"process", promHolders(r)}, {"subject", r.Verified.TLS.Subject},
	})
	p.ends[labels] = *r.Verified.TLS.NotAfter
}

// writeCertificates writes the ends of the certificates, if any was seen.
func (p *promWriter) writeCertificates() {
	if len(p.ends) == 0 {
		return
	}
	p.gauge("porthole_certificate_not_after_seconds", "When the certificate that a listener shows ends, in seconds since 1970.")
	for _, labels := range slices.Sorted(maps.Keys(p.ends)) {
		fmt.Fprintf(p.w, "porthole_certificate_not_after_seconds{%s} %d\n", labels, p.ends[labels].Unix())
	}
}

// promLabels writes the labels of a listener. Every series has all of them: to
// Prometheus an empty label is the same as none.
func promLabels(r *record.Record) string {
	return joinLabels([]promLabel{
		{"proto", r.Proto},
		{"addr", r.Addr},
		{"port", strconv.Itoa(int(r.Port))},
		{"netns", number(r.NetNS)},
		{"exposure", r.Exposure},
		{"reach", reachVerdict(r)},
		{"service", r.Service},
		{"privileged", truth(r.Privileged)},
		{"plaintext", cmp.Or(truth(r.Plaintext), "false")},
		{"user", userText(r)},
		{"process", promHolders(r)},
		{"hidden", r.Hidden},
	})
}

type promLabel struct{ name, value string }

func joinLabels(labels []promLabel) string {
	parts := make([]string, len(labels))
	for i, l := range labels {
		parts[i] = l.name + `="` + promValue(l.value) + `"`
	}
	return strings.Join(parts, ",")
}

// promHolders names the processes of a socket: sorted, each name once.
func promHolders(r *record.Record) string {
	names := make(map[string]bool)
	for _, p := range r.Holders() {
		names[cmp.Or(p.Name, "?")] = true
	}
	return strings.Join(slices.Sorted(maps.Keys(names)), ",")
}

// promValue escapes a label's value as the text format wants it, and limits its
// length.
func promValue(s string) string {
	s = Escape(s)
	if len(s) > maxLabel {
		const mark = "…"
		cut := maxLabel - len(mark)
		for !utf8.RuneStart(s[cut]) {
			cut--
		}
		s = s[:cut] + mark
	}
	return strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`).Replace(s)
}
