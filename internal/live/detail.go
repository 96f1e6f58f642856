package live

import (
	"bytes"
	"context"
	"net"
	"strconv"
	"strings"

	"porthole/internal/record"
	"porthole/internal/report"
)

// detail is the detail of one socket.
type detail struct {
	of           *record.Record
	explanations []record.Record // nil until they arrive
	err          string
}

func (m *model) detailText() []string {
	head := " " + socketLine(m.detail.of)
	switch {
	case m.detail.err != "":
		return []string{head, "", "  " + m.detail.err}
	case m.detail.explanations == nil:
		return []string{head, "", "  asking the kernel"}
	}
	var buf bytes.Buffer
	out, err := report.Open(context.Background(), []report.Spec{{Format: report.FormatTable}}, &buf,
		report.Options{Command: "explain", Kind: record.KindExplanation, Width: m.width})
	for i := range m.detail.explanations {
		if err == nil {
			err = out.Write(&m.detail.explanations[i])
		}
	}
	if err == nil {
		err = out.Close(&record.Summary{})
	}
	if err != nil {
		return []string{head, "", "  " + report.Escape(err.Error())}
	}
	lines := []string{head, ""}
	for i, line := range strings.Split(strings.TrimRight(buf.String(), "\n"), "\n") {
		if i == 0 { // the line above has the port
			line = "  " + m.detail.explanations[0].Explanation.Status
		}
		lines = append(lines, line)
	}
	return lines
}

// socketLine describes a socket in one line.
func socketLine(r *record.Record) string {
	text := r.Proto + " " + endpoint(r.Addr, r.Port)
	if r.RemoteAddr != "" {
		text += " to " + endpoint(r.RemoteAddr, r.RemotePort)
	}
	if r.Service != "" {
		text += "  " + r.Service
	}
	if r.NetNSName != "" {
		text += "  in namespace " + r.NetNSName
	}
	return report.Escape(text)
}

func endpoint(addr string, port uint16) string {
	return net.JoinHostPort(addr, strconv.Itoa(int(port)))
}
