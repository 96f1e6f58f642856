package nmapxml

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"porthole/internal/record"
)

const ofNmap = `<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE nmaprun>
<?xml-stylesheet href="file:///usr/bin/../share/nmap/nmap.xsl" type="text/xsl"?>
<!-- Nmap 7.93 scan initiated Sun Nov 29 17:52:45 2026 as: nmap -oX - 192.0.2.1 -->
<nmaprun scanner="nmap" args="nmap -oX - 192.0.2.1" start="1795974765" version="7.93" xmloutputversion="1.05">
<scaninfo type="syn" protocol="tcp" numservices="6" services="18020-18024,18080"/>
<host starttime="1795974765" endtime="1795974766"><status state="up" reason="echo-reply" reason_ttl="0"/>
<address addr="192.0.2.1" addrtype="ipv4"/>
<address addr="00:00:5E:00:53:01" addrtype="mac" vendor="X"/>
<hostnames>
<hostname name="a.example" type="user"/>
<hostname name="b.example" type="PTR"/>
</hostnames>
<ports><extraports state="closed" count="3"><extrareasons reason="reset" count="3"/></extraports>
<port protocol="tcp" portid="22"><state state="open" reason="syn-ack" reason_ttl="64"/><service name="ssh" product="OpenSSH" version="9.2p1" method="probed" conf="10"><cpe>cpe:/a:openbsd:openssh:9.2p1</cpe></service><script id="x" output="&#xa;  y"><table key="t"><elem key="k">v</elem></table></script></port>
<port protocol="tcp" portid="443"><state state="open" reason="syn-ack"/><service name="http" tunnel="ssl" method="probed" conf="10"/></port>
<port protocol="tcp" portid="80"><state state="filtered" reason="no-response"/><service name="http" method="table" conf="3"/></port>
<port protocol="udp" portid="53"><state state="open|filtered" reason="no-response"/></port>
<port protocol="tcp" portid="81"><state state="unfiltered" reason="reset"/></port>
<port protocol="sctp" portid="36412"><state state="open" reason="init-ack"/></port>
</ports>
</host>
<host><status state="up" reason="arp-response"/><address addr="2001:db8::1" addrtype="ipv6"/><hostnames>
</hostnames></host>
<host><status state="down" reason="no-response"/><address addr="192.0.2.2" addrtype="ipv4"/></host>
<runstats><finished time="1795974766" elapsed="0.12" exit="success"/><hosts up="2" down="1" total="3"/></runstats>
</nmaprun>
`

const ofMasscan = `<?xml version="1.0"?>
<!-- masscan v1.0 scan -->
<nmaprun scanner="masscan" start="1795974765" version="1.0-BETA"  xmloutputversion="1.03">
<scaninfo type="syn" protocol="tcp" />
<host endtime="1795974766"><address addr="192.0.2.1" addrtype="ipv4"/><ports><port protocol="tcp" portid="80"><state state="open" reason="syn-ack" reason_ttl="64"/></port></ports></host>
<host endtime="1795974766"><address addr="192.0.2.1" addrtype="ipv4"/><ports><port protocol="tcp" portid="80"><state state="open" reason="response" reason_ttl="64" /><service name="http" banner="x"></service></port></ports></host>
<runstats>
<finished time="1795974770" timestr="2026-11-29 17:52:50" elapsed="12" />
<hosts up="1" down="0" total="1" />
</runstats>
</nmaprun>
`

// read makes lines of what a file has.
func read(text string) (lines []string, run Run, err error) {
	run, err = Read(strings.NewReader(text), func(r *record.Record) error {
		at := ""
		if r.At != nil {
			at = fmt.Sprint(r.At.Unix())
		}
		lines = append(lines, strings.Join([]string{r.Host, r.RDNS, r.Addr, r.Proto, strconv.Itoa(int(r.Port)), r.State, r.Reason, r.Verified.Protocol(), r.Verified.Program(), at}, " "))
		return nil
	}, func(h Host) error {
		lines = append(lines, fmt.Sprint(h))
		return nil
	})
	return lines, run, err
}

// TestRead holds what is read of the files of both programs.
func TestRead(t *testing.T) {
	for text, want := range map[string]string{
		ofNmap: `a.example b.example 192.0.2.1 tcp 22 open syn-ack ssh OpenSSH 9.2p1 1795974766
a.example b.example 192.0.2.1 tcp 443 open syn-ack tls/http  1795974766
a.example b.example 192.0.2.1 tcp 80 filtered no-response   1795974766
a.example b.example 192.0.2.1 udp 53 open|filtered no-response   1795974766
a.example b.example 192.0.2.1 tcp 81 unknown reset   1795974766
{192.0.2.1 true true}
{2001:db8::1 true false}
{192.0.2.2 false false}
{nmap nmap -oX - 192.0.2.1 true 120ms} <nil>`,
		ofMasscan: `  192.0.2.1 tcp 80 open syn-ack   1795974766
{192.0.2.1 true true}
  192.0.2.1 tcp 80 open response   1795974766
{192.0.2.1 true true}
{masscan  true 12s} <nil>`,
	} {
		lines, run, err := read(text)
		if got := strings.Join(append(lines, fmt.Sprint(run, " ", err)), "\n"); got != want {
			t.Errorf("got\n%s\nwant\n%s", got, want)
		}
	}
}

// TestCut holds that a file of a scan that was killed is read as far as it goes, and
// is not complete, wherever it ends.
func TestCut(t *testing.T) {
	began := strings.Index(ofNmap, "<scaninfo")
	for n := range ofNmap[:len(ofNmap)-2] {
		lines, run, err := read(ofNmap[:n])
		whole := n >= strings.Index(ofNmap, "</nmaprun>")+len("</nmaprun>")
		if (err != nil) != (n < began-1) || run.Complete != whole && err == nil && n > began {
			t.Fatalf("%d bytes: %d lines, %+v, %v", n, len(lines), run, err)
		}
	}
	if _, run, err := read(strings.Replace(ofNmap, `exit="success"`, `exit="error"`, 1)); run.Complete || err != nil {
		t.Errorf("a scan that failed: %+v, %v", run, err)
	}
}

// TestHostile holds that nothing is opened or grows for a file, and that each is
// refused with a reason.
func TestHostile(t *testing.T) {
	const head, foot = `<?xml version="1.0"?><nmaprun scanner="nmap">`, `</nmaprun>`
	for text, want := range map[string]string{
		`<!DOCTYPE nmaprun [<!ENTITY x SYSTEM "file:///etc/passwd">]><nmaprun args="&x;">`: "its document type defines something",
		`<!DOCTYPE nmaprun [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><nmaprun/>`:            "its document type defines something",
		`<!ENTITY x "y">`: "its document type defines something",
		head + `<host><address addr="&x;"/></host>`:                                                                  "invalid character entity",
		head + strings.Repeat("<a>", 1000):                                                                           "more than 64 elements within each other",
		head + `<host><status reason="` + strings.Repeat("x", 2*maxToken) + `"/>`:                                    "a tag or text of more than 8 MB",
		head + `<!--` + strings.Repeat("x", 2*maxToken) + `-->`:                                                      "a tag or text of more than 8 MB",
		head + `<host><address addr="x"/></host>` + foot:                                                             `"x" is no address`,
		head + `<host><ports><port protocol="tcp" portid="1"/></ports></host>` + foot:                                "a port stands before the address",
		head + `<host><address addr="192.0.2.1"/><ports><port protocol="tcp" portid="70000"/></ports></host>` + foot: `"70000" is not a port`,
		`<html><body/></html>`:      "it begins with <html>",
		`<nmaprun><host></nmaprun>`: "element <host> closed by </nmaprun>",
		``:                          "it is empty or cut off",
		`<`:                         "it is empty or cut off",
		"\xff\xfe<\x00":             "UTF-16",
		`<?xml version="1.0" encoding="iso-8859-1"?><nmaprun/>`: "encoding",
	} {
		if _, _, err := read(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.60q: %v, want %q", text, err, want)
		}
	}
	long := strings.Repeat("n", 100_000)
	lines, _, err := read(head + `<host><address addr="192.0.2.1"/><hostnames><hostname name="` + long + `" type="user"/></hostnames><ports><port protocol="tcp" portid="1"><state state="` + long + `" reason="` + long + `"/></port></ports></host>` + foot)
	if err != nil || len(lines) == 0 || len(lines[0]) > 2*maxText {
		t.Errorf("texts of any length are kept: %v", err)
	}
	stop := errors.New("stop")
	if _, err := Read(strings.NewReader(ofNmap), func(*record.Record) error { return stop }, nil); err != stop {
		t.Error(err)
	}
}

// endless is a file without an end, of hosts.
type endless struct{ n int }

func (e *endless) Read(p []byte) (int, error) {
	const host = `<host><address addr="192.0.2.1"/></host>`
	if e.n++; e.n == 1 {
		return copy(p, `<nmaprun>`), nil
	}
	return copy(p, host), nil
}

// TestStreams holds that a file is read as it comes.
func TestStreams(t *testing.T) {
	n := 0
	_, err := Read(&endless{}, nil, func(Host) error {
		if n++; n == 100_000 {
			return io.ErrClosedPipe
		}
		return nil
	})
	if err != io.ErrClosedPipe {
		t.Error(err)
	}
}

// TestNmap reads what the installed nmap writes of listeners of this test.
func TestNmap(t *testing.T) {
	nmap, err := exec.LookPath("nmap")
	if err != nil {
		t.Skip("there is no nmap")
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	open := l.Addr().(*net.TCPAddr).Port
	c, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed := c.Addr().(*net.TCPAddr).Port
	c.Close()
	out, err := exec.CommandContext(t.Context(), nmap, "-n", "-sT", "-Pn", "-oX", "-", "-p", fmt.Sprintf("%d,%d", open, closed), "127.0.0.1").Output()
	if err != nil {
		t.Fatal(err)
	}
	lines, run, err := read(string(out))
	text := strings.Join(lines, "\n")
	if err != nil || !run.Complete || run.Elapsed > time.Hour || !strings.Contains(text, fmt.Sprintf("127.0.0.1 tcp %d open syn-ack", open)) ||
		!strings.Contains(text, fmt.Sprintf("127.0.0.1 tcp %d closed conn-refused", closed)) || len(lines) != 3 {
		t.Errorf("%+v, %v\n%s\nof\n%s", run, err, text, out)
	}
}

// FuzzRead holds that what is read of any file are ports of addresses.
func FuzzRead(f *testing.F) {
	f.Add(ofNmap)
	f.Add(ofMasscan)
	f.Fuzz(func(t *testing.T, text string) {
		Read(strings.NewReader(text), func(r *record.Record) error {
			if r.Addr == "" || r.Kind != record.KindPort || r.Proto != "tcp" && r.Proto != "udp" || r.State == "" || len(r.Host) > maxName {
				t.Errorf("%+v", r)
			}
			return nil
		}, func(h Host) error {
			if !h.Addr.IsValid() {
				t.Errorf("%+v", h)
			}
			return nil
		})
	})
}
