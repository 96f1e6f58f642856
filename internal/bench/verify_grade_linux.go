package main

import (
	"encoding/xml"
	"fmt"
	"strings"
	"time"
)

const verifyHeader = "| tool | ports | service right / wrong / none | product right / wrong / none | version right / wrong / none | s for all | connections a port, mean | most |\n" +
	"|---|---|---|---|---|---|---|---|\n"

// tally counts right, wrong and none.
type tally struct{ right, wrong, none int }

func (s tally) String() string { return fmt.Sprintf("%d / %d / %d", s.right, s.wrong, s.none) }

func (s *tally) add(grade string) {
	switch grade {
	case "right":
		s.right++
	case "WRONG":
		s.wrong++
	case "none":
		s.none++
	}
}

// verifyRow is one tool at one kind of ports.
type verifyRow struct {
	tool                      string
	udp, usual                bool
	ports                     int
	service, product, version tally
	took                      time.Duration // for usual and unusual numbers together
	mean                      float64
	most                      int
}

func (r verifyRow) String() string {
	kind := map[bool]string{true: "usual", false: "unusual"}[r.usual] + map[bool]string{true: " UDP", false: " TCP"}[r.udp]
	connections, most := fmt.Sprintf("%.1f", r.mean), "-"
	if r.most > 0 {
		most = fmt.Sprint(r.most)
	}
	if r.udp {
		connections, most = "-", "-"
	}
	return fmt.Sprintf("| %s | %d %s | %v | %v | %v | %.1f | %s | %s |\n", r.tool, r.ports, kind, r.service, r.product, r.version, r.took.Seconds(), connections, most)
}

// grade compares the answers with the truth.
func grade(ports []*verifyPort, answers map[*verifyPort]verifyAnswer) verifyRow {
	row := verifyRow{ports: len(ports)}
	for _, p := range ports {
		g := gradePort(p, answers[p])
		row.service.add(g[0])
		row.product.add(g[1])
		row.version.add(g[2])
		row.most = max(row.most, answers[p].connections)
	}
	return row
}

// gradePort gives right, WRONG, none, or "-" where there is nothing to be told,
// for service, product and version.
func gradePort(p *verifyPort, a verifyAnswer) (g [3]string) {
	g = [3]string{"none", "none", "none"}
	switch s := p.server; {
	case a.service == "":
		if s.service == "" {
			g[0] = "right"
		}
	case a.service == s.service && a.tls == s.tls:
		g[0] = "right"
	case a.service == "tls" && s.tls, a.service == s.service: // not all of it
		g[0] = "none"
	default:
		g[0] = "WRONG"
	}
	lower := strings.ToLower(a.product)
	switch want := strings.ToLower(p.server.product); {
	case want == "" && a.product == "":
		g[1] = "-"
	case want == "": // what it says beyond the list is not judged
		g[1] = "-"
	case a.product != "" && (strings.Contains(lower, want) || strings.Contains(strings.ReplaceAll(lower, "_", " "), want)):
		g[1] = "right"
	case a.product != "":
		g[1] = "WRONG"
	}
	switch {
	case p.version == "":
		g[2] = "-"
	case a.version == "":
	case a.version == p.version || strings.HasPrefix(a.version, p.version), strings.HasPrefix(p.version, a.version+"."):
		g[2] = "right"
	default:
		g[2] = "WRONG"
	}
	return g
}

// nmapWords are nmap's words for services where porthole has another.
func nmapWords(name string) string {
	switch name {
	case "domain":
		return "dns"
	case "microsoft-ds", "netbios-ssn":
		return "smb"
	case "ms-wbt-server":
		return "rdp"
	case "X11":
		return "x11"
	case "http-proxy", "http-alt", "upnp":
		return "http"
	case "kerberos-sec":
		return "kerberos"
	case "xmpp-client":
		return "xmpp"
	case "svnserve":
		return "svn"
	case "gpsd-ng":
		return "gpsd"
	case "sieve":
		return "managesieve"
	case "stun-p1", "stun-p2", "stun-p3":
		return "stun"
	case "sip-proxy":
		return "sip"
	case "postgres":
		return "postgresql"
	case "tor-socks", "socks-proxy":
		return "socks5"
	case "murmur":
		return "mumble"
	case "upsd":
		return "nut"
	case "ssl", "tls":
		return "tls"
	case "imaps":
		return "imap"
	case "pop3s":
		return "pop3"
	}
	if strings.HasPrefix(name, "mosquitto version") {
		return "mqtt"
	}
	return name
}

// readNmapServices reads what nmap proved of the ports: what it only knows by
// the number, or guards with a question mark, is none.
func readNmapServices(out []byte, ports []*verifyPort) (map[*verifyPort]verifyAnswer, error) {
	var run struct {
		Hosts []struct {
			Address struct {
				Addr string `xml:"addr,attr"`
			} `xml:"address"`
			Ports []struct {
				Proto   string `xml:"protocol,attr"`
				Number  int    `xml:"portid,attr"`
				Service struct {
					Name    string `xml:"name,attr"`
					Product string `xml:"product,attr"`
					Version string `xml:"version,attr"`
					Method  string `xml:"method,attr"`
					Tunnel  string `xml:"tunnel,attr"`
				} `xml:"service"`
			} `xml:"ports>port"`
		} `xml:"host"`
	}
	if err := xml.Unmarshal(out, &run); err != nil {
		return nil, err
	}
	answers := make(map[*verifyPort]verifyAnswer)
	for _, h := range run.Hosts {
		for _, got := range h.Ports {
			for _, p := range ports {
				if p.addr.Addr().String() != h.Address.Addr || int(p.addr.Port()) != got.Number || p.proto() != got.Proto {
					continue
				}
				s := got.Service
				if s.Method != "probed" || s.Name == "tcpwrapped" || s.Name == "unknown" {
					s.Name, s.Product, s.Version = "", "", ""
				}
				name := nmapWords(s.Name)
				if s.Tunnel == "ssl" && (name == "" || s.Method != "probed") {
					name = "tls"
				}
				answers[p] = verifyAnswer{service: name, product: s.Product, version: s.Version, tls: s.Tunnel == "ssl" || name == "tls", words: fmt.Sprintf("%+v", s)}
			}
		}
	}
	return answers, nil
}
