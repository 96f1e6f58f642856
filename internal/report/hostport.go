package report

import (
	"bufio"
	"cmp"
	"net"
	"strconv"

	"porthole/internal/record"
)

// hostPortWriter writes a host:port a line for the tools that read it, IPv6 in
// brackets: the name that was typed, else the address. Of a scan these are the open
// ports. A line is written once.
type hostPortWriter struct {
	w    *bufio.Writer
	o    Options
	seen map[string]bool
}

func newHostPortWriter(w *bufio.Writer, o Options) *hostPortWriter {
	return &hostPortWriter{w: w, o: o, seen: make(map[string]bool)}
}

func (h *hostPortWriter) write(r *record.Record) error {
	if r.Kind == record.KindPort && r.State != "open" || r.Port == 0 {
		return nil
	}
	line := net.JoinHostPort(Escape(cmp.Or(r.Host, r.Addr)), strconv.Itoa(int(r.Port)))
	if h.seen[line] {
		return nil
	}
	h.seen[line] = true
	h.w.WriteString(line)
	if err := h.w.WriteByte('\n'); err != nil || !h.o.Live {
		return err
	}
	return h.w.Flush()
}

func (h *hostPortWriter) close(*record.Summary) error { return nil }
