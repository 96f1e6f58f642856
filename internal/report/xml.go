package report

import (
	"bufio"
	"cmp"
	"maps"
	"slices"
	"strconv"
	"time"

	"porthole/internal/record"
)

// xmlWriter writes a scan as nmap's XML, version 1.05, for the programs that import
// it, with the attributes that they read. There is one host element per address,
// in the order of the table. They are written at the end, when everything is known
// of each.
type xmlWriter struct {
	markup
	o     Options
	hosts *scanHosts
}

func newXMLWriter(w *bufio.Writer, o Options, hosts *scanHosts) *xmlWriter {
	return &xmlWriter{markup{w}, o, hosts}
}

func (x *xmlWriter) write(*record.Record) error { return nil } // scanHosts has it

func (x *xmlWriter) close(s *record.Summary) error {
	x.head()
	for _, h := range x.hosts.sorted() {
		x.host(h)
	}
	x.foot(s)
	return nil
}

const xmlDeclaration = `<?xml version="1.0" encoding="UTF-8"?>` + "\n"

// head says what was scanned. The format allows only "nmap" as the name of the
// scanner.
func (x *xmlWriter) head() {
	x.put(xmlDeclaration+`<!DOCTYPE nmaprun>
<nmaprun scanner="nmap" args="{}" start="{}" startstr="{}" version="{}" xmloutputversion="1.05">`,
		commandLine(x.o.Args), seconds(x.o.Start.Unix()), x.o.Start.Format(time.ANSIC), x.o.Version)
	kinds := map[string]string{"tcp": "connect", "udp": "udp"}
	for _, proto := range slices.Sorted(maps.Keys(x.hosts.asked)) {
		services, n := x.hosts.asked[proto].text()
		x.put(`<scaninfo type="{}" protocol="{}" numservices="{}" services="{}"></scaninfo>`, kinds[proto], proto, strconv.Itoa(n), services)
	}
	x.put(`<verbose level="0"></verbose><debugging level="0"></debugging>` + "\n")
}

func (x *xmlWriter) host(h *host) {
	x.put("<host")
	if h.first != 0 {
		x.put(` starttime="{}" endtime="{}"`, seconds(h.first), seconds(h.last))
	}
	x.put(`><status state="{}" reason="{}" reason_ttl="0"></status>`, h.status, reasonText(h.reason)) // a connect scan sees no TTL
	family := "ipv4"
	if h.addr.Is6() {
		family = "ipv6"
	}
	x.put(`<address addr="{}" addrtype="{}"></address><hostnames>`, h.addr.WithZone("").String(), family) // the format has no place for a zone
	x.putIf(`<hostname name="{}" type="user"></hostname>`, h.name)
	x.putIf(`<hostname name="{}" type="PTR"></hostname>`, h.rdns)
	x.put("\n</hostnames><ports>") // some take a line break for no names, and fail for none
	for _, state := range h.byState() {
		x.extraPorts(h, state)
	}
	for _, l := range h.lines {
		x.port(l)
	}
	x.put("</ports></host>\n")
}

// extraPorts counts the ports in one state that are not shown, by reason.
func (x *xmlWriter) extraPorts(h *host, of tally) {
	x.put(`<extraports state="{}" count="{}">`, of.state, strconv.Itoa(of.n))
	for _, t := range h.notShown {
		if t.state == of.state {
			x.put(`<extrareasons reason="{}" count="{}"></extrareasons>`, reasonText(t.reason), strconv.Itoa(t.n))
		}
	}
	x.put("</extraports>")
}

// port writes one port. A service is what was verified, or what the number is
// registered for: method "table", with nmap's confidence for that, 3.
func (x *xmlWriter) port(l *line) {
	x.put(`<port protocol="{}" portid="{}"><state state="{}" reason="{}" reason_ttl="0"></state>`,
		l.proto, strconv.Itoa(int(l.port)), l.state, reasonText(l.reason))
	if l.verified.Identified() {
		x.verified(l.verified)
	} else {
		x.putIf(`<service name="{}" method="table" conf="3"></service>`, l.service)
	}
	x.put("</port>")
}

func (x *xmlWriter) foot(s *record.Summary) {
	end := finished(x.o, s)
	x.put(`<runstats><finished time="{}" timestr="{}" summary="{}" elapsed="{}"`,
		seconds(end.Unix()), end.Format(time.ANSIC), doneAt(x.o, s, x.hosts), secondsText(s))
	if s.Complete {
		x.put(` exit="success"`)
	} else {
		x.put(` exit="error"`)
		x.putIf(` errormsg="{}"`, Missing(s))
	}
	up, total := x.hosts.up(s), x.hosts.total(s)
	x.put(`></finished><hosts up="{}" down="{}" total="{}"></hosts></runstats></nmaprun>`+"\n",
		strconv.Itoa(up), strconv.Itoa(total-up), strconv.Itoa(total))
}

// seconds formats a time in seconds since 1970.
func seconds(unix int64) string { return strconv.FormatInt(unix, 10) }

// reasonText is never empty: the format wants a reason even for a port that was
// not probed.
func reasonText(reason string) string { return cmp.Or(reason, "unknown") }
