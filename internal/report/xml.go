package report

import (
	"bufio"
	"cmp"
	"encoding/xml"
	"maps"
	"slices"
	"strings"
	"time"
)

// xmlWriter writes a scan as nmap's XML, version 1.05 of it, for the programs
// that import that: one host element per address, in the order of the table.
// The hosts come out at the end, when all is known of each.
type xmlWriter struct {
	w *bufio.Writer
	o Options
	g *groups
}

func (x *xmlWriter) write(*Record) error { return nil } // the groups have it

// The elements, with the attributes that importers read. A service is what the
// port number stands for: method "table", the confidence 3 of nmap's own table.
type (
	xmlRun struct {
		XMLName xml.Name  `xml:"nmaprun"`
		Scanner string    `xml:"scanner,attr"` // the format allows no other word than nmap
		Args    string    `xml:"args,attr"`
		Start   int64     `xml:"start,attr"` // seconds since 1970
		Started string    `xml:"startstr,attr"`
		Version string    `xml:"version,attr"`
		Format  string    `xml:"xmloutputversion,attr"`
		Info    []xmlInfo `xml:"scaninfo"`
		Verbose xmlLevel  `xml:"verbose"`
		Debug   xmlLevel  `xml:"debugging"`
		Hosts   []xmlHost `xml:"host"`
		Stats   xmlStats  `xml:"runstats"`
	}
	xmlInfo struct {
		Type     string `xml:"type,attr"`
		Proto    string `xml:"protocol,attr"`
		N        int    `xml:"numservices,attr"`
		Services string `xml:"services,attr"`
	}
	xmlLevel struct {
		Level int `xml:"level,attr"`
	}
	xmlHost struct {
		Start   int64      `xml:"starttime,attr,omitempty"`
		End     int64      `xml:"endtime,attr,omitempty"`
		Status  xmlState   `xml:"status"`
		Address xmlAddress `xml:"address"`
		Names   []xmlName  `xml:"hostnames>hostname"`
		Ports   xmlPorts   `xml:"ports"`
	}
	xmlState struct {
		State  string `xml:"state,attr"`
		Reason string `xml:"reason,attr"`
		TTL    int    `xml:"reason_ttl,attr"` // 0: a connect scan does not see it
	}
	xmlAddress struct {
		Addr string `xml:"addr,attr"`
		Type string `xml:"addrtype,attr"`
	}
	xmlName struct {
		Name string `xml:"name,attr"`
		Type string `xml:"type,attr"`
	}
	xmlPorts struct {
		Extra []xmlExtra `xml:"extraports"`
		Ports []xmlPort  `xml:"port"`
	}
	xmlExtra struct {
		State   string      `xml:"state,attr"`
		N       int         `xml:"count,attr"`
		Reasons []xmlReason `xml:"extrareasons"`
	}
	xmlReason struct {
		Reason string `xml:"reason,attr"`
		N      int    `xml:"count,attr"`
	}
	xmlPort struct {
		Proto   string      `xml:"protocol,attr"`
		Port    uint16      `xml:"portid,attr"`
		State   xmlState    `xml:"state"`
		Service *xmlService `xml:"service"`
	}
	xmlService struct {
		Name   string `xml:"name,attr"`
		Method string `xml:"method,attr"`
		Conf   int    `xml:"conf,attr"`
	}
	xmlStats struct {
		Finished xmlFinished `xml:"finished"`
		Hosts    xmlCounts   `xml:"hosts"`
	}
	xmlFinished struct {
		Time    int64  `xml:"time,attr"`
		Text    string `xml:"timestr,attr"`
		Summary string `xml:"summary,attr"`
		Elapsed string `xml:"elapsed,attr"` // seconds
		Exit    string `xml:"exit,attr"`    // success or error
		Message string `xml:"errormsg,attr,omitempty"`
	}
	xmlCounts struct {
		Up    int `xml:"up,attr"`
		Down  int `xml:"down,attr"`
		Total int `xml:"total,attr"`
	}
)

// close writes the run in its three parts, so that the elements of no more
// than one host are held beside the groups.
func (x *xmlWriter) close(s *Summary) error {
	run := xmlRun{
		Scanner: "nmap",
		Args:    Escape(commandLine(x.o.Args)),
		Start:   x.o.Start.Unix(),
		Started: x.o.Start.Format(time.ANSIC),
		Version: x.o.Version,
		Format:  "1.05",
		Info:    x.info(),
		Stats:   x.stats(s),
	}
	head, foot, err := split(run)
	if err != nil {
		return err
	}
	x.w.WriteString(xml.Header + "<!DOCTYPE nmaprun>\n" + head)
	enc := xml.NewEncoder(x.w)
	for _, h := range x.g.sorted() {
		if err := enc.EncodeElement(hostElement(h), xml.StartElement{Name: xml.Name{Local: "host"}}); err != nil {
			return err
		}
		x.w.WriteByte('\n')
	}
	_, err = x.w.WriteString(foot + "\n")
	return err
}

// split writes a run without hosts and parts it where the hosts belong.
func split(run xmlRun) (head, foot string, err error) {
	text, err := xml.Marshal(run)
	if err != nil {
		return "", "", err
	}
	head, foot, _ = strings.Cut(string(text), "<runstats>")
	return head + "\n", "<runstats>" + foot, nil
}

// info says which ports were asked, by protocol.
func (x *xmlWriter) info() []xmlInfo {
	kinds := map[string]string{"tcp": "connect", "udp": "udp"}
	var out []xmlInfo
	for _, proto := range slices.Sorted(maps.Keys(x.g.asked)) {
		services, n := x.g.asked[proto].text()
		out = append(out, xmlInfo{kinds[proto], proto, n, services})
	}
	return out
}

func (x *xmlWriter) stats(s *Summary) xmlStats {
	up, total := x.g.up(), x.g.total(s)
	end := finished(x.o, s)
	f := xmlFinished{
		Time:    end.Unix(),
		Text:    end.Format(time.ANSIC),
		Summary: doneAt(x.o, s, x.g),
		Elapsed: secondsText(s),
		Exit:    "success",
	}
	if !s.Complete {
		f.Exit, f.Message = "error", s.Missing()
	}
	return xmlStats{f, xmlCounts{up, total - up, total}}
}

func hostElement(h *host) xmlHost {
	out := xmlHost{
		Start:   h.first,
		End:     h.last,
		Status:  newXMLState(h.status, h.why),
		Address: xmlAddress{h.addr.String(), "ipv4"},
	}
	if h.addr.Is6() {
		out.Address.Type = "ipv6"
	}
	if h.name != "" {
		out.Names = append(out.Names, xmlName{Escape(h.name), "user"})
	}
	if h.rdns != "" {
		out.Names = append(out.Names, xmlName{Escape(h.rdns), "PTR"})
	}
	for _, state := range h.byState() {
		extra := xmlExtra{State: state.state, N: state.n}
		for _, t := range h.rest {
			if t.state == state.state {
				extra.Reasons = append(extra.Reasons, xmlReason{reasonText(t.reason), t.n})
			}
		}
		out.Ports.Extra = append(out.Ports.Extra, extra)
	}
	for _, l := range h.lines {
		p := xmlPort{Proto: l.proto, Port: l.port, State: newXMLState(l.state, l.reason)}
		if l.service != "" {
			p.Service = &xmlService{Escape(l.service), "table", 3}
		}
		out.Ports.Ports = append(out.Ports.Ports, p)
	}
	return out
}

func newXMLState(state, reason string) xmlState {
	return xmlState{State: state, Reason: reasonText(reason)}
}

// reasonText is never empty: the format wants a reason, also for a port that
// was never asked.
func reasonText(reason string) string { return cmp.Or(reason, "unknown") }
