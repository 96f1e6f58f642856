package report

import (
	"slices"
	"strconv"
	"strings"

	"porthole/internal/record"
)

// detail says which formats have a column. CSV has every column of its kind.
type detail uint8

const (
	inTable detail = iota // table, wide and CSV
	inWide                // wide and CSV
	inCSV                 // CSV only
	inPage                // every column there is, for the page to choose from
)

// column is one field of a [record.Record] as text. The text may come from
// outside; each format escapes it in its own way.
type column struct {
	name      string // CSV header; the JSON name where there is one
	title     string // table header
	kinds     string // the kinds of record that have it: p(ort), s(ocket), e(ntry), c(hange), f(inding), h(ost)
	detail    detail
	right     bool  // align right, as numbers are
	dropOrder uint8 // on a narrow terminal, columns are dropped from 1 up; 0 is never dropped
	sameGoes  bool  // on a narrow terminal it goes before all others if it is the same in every row
	minWidth  uint8 // a longer text may be cut to this width before columns are dropped; 0 is never cut for that
	noCSV     bool  // CSV has its parts in columns of their own
	text      func(*record.Record) string
	short     func(*record.Record) string // for the table, where text may be too long; may be nil
	verified  func(*record.Record) string // for tables in which some records were verified; may be nil
	wide      func(*record.Record) string // for the wide table, where it is another one; may be nil
	style     func(*record.Record) style  // may be nil
}

// columns lists all columns, in the order they are shown. Every format takes its
// columns from here.
func columns() []column {
	return []column{
		{name: "severity", title: "SEVERITY", kinds: "f", text: func(r *record.Record) string { return r.Finding.Severity }, style: severityStyle},
		{name: "rule", title: "RULE", kinds: "f", text: func(r *record.Record) string { return r.Finding.Rule }},
		{name: "change", title: "CHANGE", kinds: "c", text: func(r *record.Record) string { return r.Change.What }, style: changeStyle},
		{name: "host", title: "HOST", kinds: "pch", sameGoes: true, text: func(r *record.Record) string { return r.Host }, short: hostText},
		{name: "proto", title: "PROTO", kinds: "psecf", text: func(r *record.Record) string { return r.Proto }},
		{name: "addr", title: "ADDRESS", kinds: "pscfh", text: func(r *record.Record) string { return r.Addr }},
		{name: "port", title: "PORT", kinds: "psecf", right: true, text: func(r *record.Record) string { return strconv.Itoa(int(r.Port)) }},
		{name: "by", title: "ALIVE BY", kinds: "h", text: ofLife(func(l *record.Life) string { return l.By })},
		{name: "asked", title: "ASKED", kinds: "h", detail: inWide, right: true, text: ofLife(func(l *record.Life) string { return strconv.Itoa(l.Asked) })},
		{name: "remote_addr", title: "REMOTE", kinds: "s", text: func(r *record.Record) string { return r.RemoteAddr }},
		{name: "remote_port", title: "RPORT", kinds: "s", right: true, text: func(r *record.Record) string { return number(r.RemotePort) }},
		{name: "state", title: "STATE", kinds: "p", sameGoes: true, text: func(r *record.Record) string { return r.State }, style: stateStyle},
		{name: "state", title: "STATE", kinds: "s", sameGoes: true, dropOrder: 3, text: func(r *record.Record) string { return r.State }, style: stateStyle},
		{name: "reason", title: "REASON", kinds: "p", detail: inWide, text: func(r *record.Record) string { return r.Reason }},
		{name: "rtt_ms", title: "RTT MS", kinds: "p", detail: inWide, right: true, text: func(r *record.Record) string { return millis(r.RTT) }},
		{name: "attempts", title: "TRIES", kinds: "p", detail: inWide, right: true, text: func(r *record.Record) string { return number(r.Attempts) }},
		{name: "error", title: "ERROR", kinds: "p", detail: inWide, text: func(r *record.Record) string { return r.Error }},
		{name: "service", title: "SERVICE", kinds: "psecf", dropOrder: 8, text: func(r *record.Record) string { return r.Service }, short: serviceText, wide: serviceText, verified: provedText, style: serviceStyle},
		{name: "program", title: "VERSION", kinds: "ps", dropOrder: 6, noCSV: true, text: programText},
		{name: "tls", title: "TLS", kinds: "ps", detail: inWide, noCSV: true, text: tlsText},
		{name: "names", title: "NAMES", kinds: "ps", detail: inWide, noCSV: true, text: ofTLS(namesText)},
		{name: "expires", title: "EXPIRES", kinds: "ps", detail: inWide, noCSV: true, text: ofTLS(expiryText)},
		{name: "iana", title: "IANA", kinds: "e", dropOrder: 2, text: func(r *record.Record) string { return r.IANA }},
		{name: "iana", title: "IANA", kinds: "ps", detail: inWide, text: func(r *record.Record) string { return r.IANA }},
		{name: "exposure", title: "EXPOSURE", kinds: "scf", dropOrder: 9, text: func(r *record.Record) string { return r.Exposure }, short: exposureText, style: exposureStyle},
		{name: "reach", title: "REACH", kinds: "sf", detail: inWide, text: reachVerdict, wide: ifRead(reachVerdict)},
		{name: "reach_from", title: "FROM", kinds: "sf", detail: inWide, text: reachSome},
		{name: "reach_rule", title: "BY RULE", kinds: "sf", detail: inWide, text: reachRule},
		{name: "reach_why", title: "WHY", kinds: "sf", detail: inWide, text: reachWhy, wide: ifRead(reachWhy)},
		{name: "owner", title: "OWNER", kinds: "f", text: func(r *record.Record) string { return r.Finding.Owner }},
		{name: "evidence", title: "EVIDENCE", kinds: "f", text: func(r *record.Record) string { return r.Finding.Evidence }},
		{name: "advice", title: "ADVICE", kinds: "f", text: func(r *record.Record) string { return r.Finding.Advice }},
		{name: "before", title: "BEFORE", kinds: "c", text: func(r *record.Record) string { return r.Change.Before }},
		{name: "after", title: "AFTER", kinds: "c", text: func(r *record.Record) string { return r.Change.After }},
		{name: "class", title: "CLASS", kinds: "pe", sameGoes: true, dropOrder: 1, text: func(r *record.Record) string { return r.Class }},
		{name: "class", title: "CLASS", kinds: "s", detail: inWide, text: func(r *record.Record) string { return r.Class }},
		{name: "privileged", title: "PRIVILEGED", kinds: "s", detail: inCSV, text: func(r *record.Record) string { return truth(r.Privileged) }},
		{name: "user", title: "USER", kinds: "s", sameGoes: true, dropOrder: 4, text: userText},
		{name: "uid", title: "UID", kinds: "s", detail: inCSV, text: func(r *record.Record) string { return optional(r.UID) }},
		{name: "process", title: "PROCESS", kinds: "s", minWidth: 24, text: allHolders, short: someHolders, style: hiddenStyle},
		{name: "process", title: "PROCESS", kinds: "c", detail: inWide, text: allHolders, style: hiddenStyle},
		{name: "unit", title: "UNIT", kinds: "sc", detail: inWide, text: func(r *record.Record) string { return r.Unit }},
		{name: "container", title: "CONTAINER", kinds: "s", sameGoes: true, dropOrder: 6, text: func(r *record.Record) string { return r.Container }},
		{name: "netns_name", title: "NETNS", kinds: "scf", sameGoes: true, dropOrder: 5, text: func(r *record.Record) string { return r.NetNSName }},
		{name: "published", title: "PUBLISHED", kinds: "s", dropOrder: 2, text: func(r *record.Record) string { return r.Published }},
		{name: "published_at", title: "PUBLISHED AT", kinds: "s", dropOrder: 1, text: func(r *record.Record) string { return strings.Join(r.PublishedAt, ", ") }},
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
		{name: "note", title: "NOTE", kinds: "pse", dropOrder: 7, minWidth: 12, text: note, style: noteStyle},
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
		{name: "at", title: "AT", kinds: "ph", detail: inCSV, text: func(r *record.Record) string { return when(r.At) }},
		{name: "rdns", title: "RDNS", kinds: "ph", detail: inWide, text: func(r *record.Record) string { return r.RDNS }},
		{name: "service_by", title: "SERVICE BY", kinds: "pse", detail: inCSV, text: func(r *record.Record) string { return r.ServiceBy }},
		{name: "commonly", title: "COMMONLY", kinds: "s", detail: inCSV, text: func(r *record.Record) string { return r.Commonly }},
		{name: "verified", title: "OUTCOME", kinds: "ps", detail: inCSV, text: ofVerified(func(v *record.Verified) string { return v.Outcome })},
		{name: "verified_service", title: "VERIFIED", kinds: "ps", detail: inCSV, text: ofVerified(func(v *record.Verified) string { return v.Service })},
		{name: "product", title: "PRODUCT", kinds: "ps", detail: inCSV, text: ofVerified(func(v *record.Verified) string { return v.Product })},
		{name: "version", title: "VERSION", kinds: "ps", detail: inCSV, text: ofVerified(func(v *record.Verified) string { return v.Version })},
		{name: "protocol_version", title: "PROTOCOL", kinds: "ps", detail: inCSV, text: ofVerified(func(v *record.Verified) string { return v.ProtocolVersion })},
		{name: "transport", title: "TRANSPORT", kinds: "ps", detail: inCSV, text: ofVerified(func(v *record.Verified) string { return v.Transport })},
		{name: "evidence", title: "EVIDENCE", kinds: "ps", detail: inCSV, text: ofVerified(func(v *record.Verified) string { return v.Evidence })},
		{name: "first_bytes", title: "FIRST BYTES", kinds: "ps", detail: inCSV, text: ofVerified(func(v *record.Verified) string { return v.FirstBytes })},
		{name: "remarks", title: "REMARKS", kinds: "ps", detail: inCSV, text: ofVerified(remarkRules)},
		{name: "tls_version", title: "TLS", kinds: "ps", detail: inCSV, text: ofTLS(func(t *record.TLS) string { return t.Version })},
		{name: "tls_names", title: "NAMES", kinds: "ps", detail: inCSV, text: ofTLS(namesText)},
		{name: "tls_issuer", title: "ISSUER", kinds: "ps", detail: inCSV, text: ofTLS(func(t *record.TLS) string { return t.Issuer })},
		{name: "tls_not_after", title: "EXPIRES", kinds: "ps", detail: inCSV, text: ofTLS(func(t *record.TLS) string { return when(t.NotAfter) })},
	}
}

// columnsFor lists the columns of one kind of record that a format with the given
// detail has.
func columnsFor(kind string, d detail) []column {
	letter := map[string]string{record.KindPort: "p", record.KindSocket: "s", record.KindService: "e", record.KindChange: "c", record.KindFinding: "f", record.KindHost: "h"}[kind]
	var out []column
	for _, c := range columns() {
		if d == inTable && c.short != nil {
			c.text = c.short
		}
		if d == inWide && c.wide != nil {
			c.text = c.wide
		}
		if c.detail <= d && strings.Contains(c.kinds, letter) && !(c.noCSV && d == inCSV) {
			out = append(out, c)
		}
	}
	return out
}

// columns lists the columns to show: those that the user chose, or those of the
// detail.
func (o Options) columns(d detail) (out []column) {
	if len(o.Columns) == 0 {
		return columnsFor(o.Kind, d)
	}
	all := slices.Concat(columnsFor(o.Kind, d), columnsFor(o.Kind, inWide), columnsFor(o.Kind, inCSV))
	for _, name := range o.Columns {
		if i := slices.IndexFunc(all, func(c column) bool { return c.name == name }); i >= 0 {
			out = append(out, all[i])
		}
	}
	return out
}

// ColumnNames lists the names that [Options.Columns] can have for a kind of record.
func ColumnNames(kind string) (names []string) {
	for _, c := range slices.Concat(columnsFor(kind, inWide), columnsFor(kind, inCSV)) {
		if !slices.Contains(names, c.name) {
			names = append(names, c.name)
		}
	}
	return names
}
