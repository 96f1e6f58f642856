package report

import (
	"bufio"
	"cmp"
	"fmt"
	"strconv"
	"strings"
	"time"

	"porthole/internal/record"
)

// grepWriter writes a scan in nmap's grepable format: for each address a line with
// its status and one with its ports.
type grepWriter struct {
	w     *bufio.Writer
	o     Options
	hosts *scanHosts
}

func (x *grepWriter) write(*record.Record) error { return nil } // scanHosts has it

func (x *grepWriter) close(s *record.Summary) error {
	fmt.Fprintf(x.w, "# porthole %s scan initiated %s as: %s\n", x.o.Version, x.o.Start.Format(time.ANSIC), Escape(commandLine(x.o.Args)))
	for _, h := range x.hosts.sorted() {
		name := fmt.Sprintf("Host: %s (%s)", h.addr, Escape(cmp.Or(h.name, h.rdns)))
		fmt.Fprintf(x.w, "%s\tStatus: %s\n", name, strings.ToUpper(h.status[:1])+h.status[1:])
		fmt.Fprintf(x.w, "%s\tPorts: %s%s\n", name, x.ports(h), ignored(h))
	}
	if !s.Complete {
		fmt.Fprintf(x.w, "# incomplete: %s\n", Missing(s))
	}
	_, err := fmt.Fprintf(x.w, "# %s\n", doneAt(x.o, s, x.hosts))
	return err
}

// ports writes port/state/protocol/owner/service/rpc/version/ for each port that is
// shown. Owner and rpc are never known; service and version are what was verified,
// in nmap's form: ssl| comes before what TLS carries, and a ? behind a service that
// is only registered, if others were verified.
func (x *grepWriter) ports(h *host) string {
	parts := make([]string, len(h.lines))
	for i, l := range h.lines {
		service, version := grepField(l.service), ""
		switch v := l.verified; {
		case v.Identified():
			service, version = grepField(nmapName(v.Service)), grepField(v.Program())
			if v.Transport == "tls" && v.Service != "tls" {
				service = "ssl|" + service
			}
		case x.hosts.verified && service != "":
			service += "?"
		}
		parts[i] = strconv.Itoa(int(l.port)) + "/" + l.state + "/" + l.proto + "//" + service + "//" + version + "/"
	}
	return strings.Join(parts, ", ")
}

// grepField replaces the separators of the format in a text from outside.
func grepField(s string) string {
	return strings.NewReplacer("/", "|", ",", " ").Replace(Escape(s))
}

// ignored counts the ports that are not shown, as in "closed (97), filtered (3)".
func ignored(h *host) string {
	var parts []string
	for _, t := range h.byState() {
		parts = append(parts, fmt.Sprintf("%s (%d)", t.state, t.n))
	}
	if len(parts) == 0 {
		return ""
	}
	return "\tIgnored State: " + strings.Join(parts, ", ")
}
