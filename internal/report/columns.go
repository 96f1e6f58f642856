package report

import (
	"strconv"
	"strings"

	"porthole/internal/record"
)

// detail says in which tables a column stands. CSV has every column of its
// kind.
type detail uint8

const (
	inTable detail = iota // table and wide
	inWide                // wide only
	inCSV                 // neither
)

// column is one field of a [record.Record] as text. Its text comes from outside
// unescaped; each format escapes in its own way.
type column struct {
	name   string // CSV header; the JSON name where there is one
	title  string // table header
	kinds  string // the kinds that have it, by their letters p, s(ocket), e(ntry), c(hange), f(inding)
	detail detail
	right  bool  // aligned right: numbers
	spared uint8 // the place in which the table of a narrow terminal goes without it; 0 never
	enough uint8 // so much of it is worth the place of those, in columns of text; 0 all
	text   func(*record.Record) string
	brief  func(*record.Record) string // what the table shows instead, where all is too much
	ink    func(*record.Record) ink
}

// columns is the one list of columns, in the order they are shown.
func columns() []column {
	return []column{
		{name: "severity", title: "SEVERITY", kinds: "f", text: func(r *record.Record) string { return r.Finding.Severity }, ink: severityInk},
		{name: "rule", title: "RULE", kinds: "f", text: func(r *record.Record) string { return r.Finding.Rule }},
		{name: "change", title: "CHANGE", kinds: "c", text: func(r *record.Record) string { return r.Change.What }, ink: changeInk},
		{name: "host", title: "HOST", kinds: "pc", text: func(r *record.Record) string { return r.Host }, brief: hostText},
		{name: "proto", title: "PROTO", kinds: "psecf", text: func(r *record.Record) string { return r.Proto }},
		{name: "addr", title: "ADDRESS", kinds: "pscf", text: func(r *record.Record) string { return r.Addr }},
		{name: "port", title: "PORT", kinds: "psecf", right: true, text: func(r *record.Record) string { return strconv.Itoa(int(r.Port)) }},
		{name: "remote_addr", title: "REMOTE", kinds: "s", text: func(r *record.Record) string { return r.RemoteAddr }},
		{name: "remote_port", title: "RPORT", kinds: "s", right: true, text: func(r *record.Record) string { return number(r.RemotePort) }},
		{name: "state", title: "STATE", kinds: "p", text: func(r *record.Record) string { return r.State }, ink: stateInk},
		{name: "state", title: "STATE", kinds: "s", spared: 3, text: func(r *record.Record) string { return r.State }, ink: stateInk},
		{name: "reason", title: "REASON", kinds: "p", detail: inWide, text: func(r *record.Record) string { return r.Reason }},
		{name: "rtt_ms", title: "RTT MS", kinds: "p", detail: inWide, right: true, text: func(r *record.Record) string { return millis(r.RTT) }},
		{name: "attempts", title: "TRIES", kinds: "p", detail: inWide, right: true, text: func(r *record.Record) string { return number(r.Attempts) }},
		{name: "error", title: "ERROR", kinds: "p", detail: inWide, text: func(r *record.Record) string { return r.Error }},
		{name: "service", title: "SERVICE", kinds: "psecf", spared: 7, text: func(r *record.Record) string { return r.Service }},
		{name: "iana", title: "IANA", kinds: "pse", detail: inWide, text: func(r *record.Record) string { return r.IANA }},
		{name: "exposure", title: "EXPOSURE", kinds: "scf", spared: 8, text: func(r *record.Record) string { return r.Exposure }, ink: exposureInk},
		{name: "owner", title: "OWNER", kinds: "f", text: func(r *record.Record) string { return r.Finding.Owner }},
		{name: "evidence", title: "EVIDENCE", kinds: "f", text: func(r *record.Record) string { return r.Finding.Evidence }},
		{name: "advice", title: "ADVICE", kinds: "f", text: func(r *record.Record) string { return r.Finding.Advice }},
		{name: "before", title: "BEFORE", kinds: "c", text: func(r *record.Record) string { return r.Change.Before }},
		{name: "after", title: "AFTER", kinds: "c", text: func(r *record.Record) string { return r.Change.After }},
		{name: "class", title: "CLASS", kinds: "pe", spared: 1, text: func(r *record.Record) string { return r.Class }},
		{name: "class", title: "CLASS", kinds: "s", detail: inWide, text: func(r *record.Record) string { return r.Class }},
		{name: "privileged", title: "PRIVILEGED", kinds: "s", detail: inCSV, text: func(r *record.Record) string { return truth(r.Privileged) }},
		{name: "user", title: "USER", kinds: "s", spared: 4, text: userText},
		{name: "uid", title: "UID", kinds: "s", detail: inCSV, text: func(r *record.Record) string { return optional(r.UID) }},
		{name: "process", title: "PROCESS", kinds: "s", enough: 24, text: allHolders, brief: someHolders, ink: hiddenInk},
		{name: "process", title: "PROCESS", kinds: "c", detail: inWide, text: allHolders, ink: hiddenInk},
		{name: "unit", title: "UNIT", kinds: "sc", detail: inWide, text: func(r *record.Record) string { return r.Unit }},
		{name: "container", title: "CONTAINER", kinds: "s", spared: 6, text: func(r *record.Record) string { return r.Container }},
		{name: "netns_name", title: "NETNS", kinds: "scf", spared: 5, text: func(r *record.Record) string { return r.NetNSName }},
		{name: "published", title: "PUBLISHED", kinds: "s", spared: 2, text: func(r *record.Record) string { return r.Published }},
		{name: "published_at", title: "PUBLISHED AT", kinds: "s", spared: 1, text: func(r *record.Record) string { return strings.Join(r.PublishedAt, ", ") }},
		{name: "bind_right", title: "RIGHT", kinds: "s", detail: inWide, text: func(r *record.Record) string {
			return eachHolder(r, func(p record.Process) string { return p.BindRight })
		}},
		{name: "device", title: "DEVICE", kinds: "s", detail: inWide, text: func(r *record.Record) string { return r.Device }},
		{name: "recv_q", title: "RECV-Q", kinds: "s", detail: inWide, right: true, text: func(r *record.Record) string { return optional(r.RecvQ) }},
		{name: "send_q", title: "SEND-Q", kinds: "s", detail: inWide, right: true, text: func(r *record.Record) string { return optional(r.SendQ) }},
		{name: "backlog", title: "BACKLOG", kinds: "s", detail: inWide, right: true, text: func(r *record.Record) string { return optional(r.Backlog) }},
		{name: "pid", title: "PID", kinds: "s", detail: inCSV, text: pids},
		{name: "hidden", title: "HIDDEN", kinds: "s", detail: inCSV, text: func(r *record.Record) string { return r.Hidden }},
		{name: "description", title: "DESCRIPTION", kinds: "e", text: func(r *record.Record) string { return r.Description }},
		{name: "note", title: "NOTE", kinds: "pse", enough: 1, text: note, ink: noteInk},
		{name: "exe", title: "EXECUTABLE", kinds: "s", detail: inWide, text: func(r *record.Record) string {
			return eachHolder(r, func(p record.Process) string { return p.Exe })
		}},
		{name: "cmdline", title: "COMMAND", kinds: "s", detail: inWide, text: func(r *record.Record) string {
			return eachHolder(r, func(p record.Process) string { return strings.Join(p.Cmdline, " ") })
		}},
		{name: "started", title: "STARTED", kinds: "s", detail: inWide, text: func(r *record.Record) string { return eachHolder(r, started) }},
		{name: "common", title: "COMMON", kinds: "e", detail: inCSV, text: func(r *record.Record) string { return truth(r.Common) }},
		{name: "plaintext", title: "PLAINTEXT", kinds: "pse", detail: inCSV, text: func(r *record.Record) string { return truth(r.Plaintext) }},
		{name: "inode", title: "INODE", kinds: "s", detail: inCSV, text: func(r *record.Record) string { return number(r.Inode) }},
		{name: "netns", title: "NETNS", kinds: "s", detail: inCSV, text: func(r *record.Record) string { return number(r.NetNS) }},
		{name: "at", title: "AT", kinds: "p", detail: inCSV, text: func(r *record.Record) string { return when(r.At) }},
		{name: "rdns", title: "RDNS", kinds: "p", detail: inWide, text: func(r *record.Record) string { return r.RDNS }},
	}
}

// columnsFor are the columns of one kind, up to the given detail.
func columnsFor(kind string, most detail) []column {
	letter := map[string]string{record.KindPort: "p", record.KindSocket: "s", record.KindService: "e", record.KindChange: "c", record.KindFinding: "f"}[kind]
	var out []column
	for _, c := range columns() {
		if most == inTable && c.brief != nil {
			c.text = c.brief
		}
		if c.detail <= most && strings.Contains(c.kinds, letter) {
			out = append(out, c)
		}
	}
	return out
}
