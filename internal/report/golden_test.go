package report

import (
	"bytes"
	"flag"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"porthole/internal/record"
)

var update = flag.Bool("update", false, "rewrite the golden outputs in testdata")

// run is what a command hands to its formats.
type run struct {
	o       Options
	records []*record.Record
	counted []record.Verdict
	sum     record.Summary
}

func start() time.Time { return time.Date(2026, 11, 23, 7, 0, 0, 0, time.UTC) }

func asked(host, addr, proto string, port uint16, state, reason, service string) *record.Record {
	class := "registered"
	if port < 1024 {
		class = "well-known"
	}
	return &record.Record{Kind: record.KindPort, Host: host, Proto: proto, Addr: addr, Port: port, State: state, Reason: reason, Attempts: 1,
		Service: service, Class: class, At: new(start().Add(time.Second))}
}

func unshown(host, addr, proto string, first, last uint16, state, reason string) []record.Verdict {
	var out []record.Verdict
	for port := first; port <= last; port++ {
		out = append(out, record.Verdict{Host: host, Proto: proto, Addr: netip.AddrPortFrom(netip.MustParseAddr(addr), port),
			State: state, Reason: reason, At: start().Add(2 * time.Second)})
	}
	return out
}

// scanRun has a name with two addresses, UDP, a host without an open port, one
// that is unreachable, one that is silent, one behind a middlebox, and text that
// means harm.
func scanRun() run {
	const site = "example.test"
	telnet := asked(site, "198.18.0.7", "tcp", 23, "open", "syn-ack", "telnet")
	telnet.RDNS = "old-7.example.test"
	telnet.Plaintext, telnet.Secure, telnet.RTT = new(true), "ssh (RFC 4251)", new(12.25)
	local := asked("", "198.18.0.9", "tcp", 8080, "unknown", "local-limit", "http-alt")
	local.Error = "socket: too many open files"
	late := asked("", "198.18.0.9", "tcp", 8081, "unknown", "", "http-alt")
	late.Error = "the host's time was up"
	box := asked("", "198.18.0.13", "tcp", 443, "open", "syn-ack", "https")
	box.Middlebox, box.RDNS = true, "box.example.test"
	r := run{
		o: Options{Command: "scan", Kind: record.KindPort, Args: []string{"porthole", "scan", site, "198.18.0.8-11", "-p", "T:1-100,443,U:53 161"}, Start: start(), Version: "v0.1.0"},
		records: []*record.Record{
			asked(site, "2001:db8::7", "tcp", 443, "open", "syn-ack", "https"),
			asked(site, "198.18.0.7", "tcp", 443, "open", "syn-ack", "https"),
			telnet,
			asked(site, "198.18.0.7", "udp", 53, "open", "udp-response", "domain"),
			asked(site, "198.18.0.7", "udp", 161, "open|filtered", "no-response", "snmp"),
			asked("", "198.18.0.8", "tcp", 22, "filtered", "admin-prohibited", "a/b, <ssh>\x1b[31m"),
			local, late, box,
		},
		sum: record.Summary{Kind: "summary", Command: "scan", Elapsed: 2125.4, Seed: new(uint64(7)),
			ScanCounts: &record.ScanCounts{Targets: 9, Down: 1, Probes: 430, Open: 4, Closed: 299, Filtered: 125, OpenFiltered: 1, Middlebox: 50, Unknown: 2, Unresolved: 1},
			ScanStats:  &record.ScanStats{Attempts: 600, Retries: 120, Loss: 0.02, Slowed: 1, SlowestRate: 1.5}},
	}
	for _, v := range [][]record.Verdict{
		unshown(site, "2001:db8::7", "tcp", 1, 100, "closed", "conn-refused"),
		unshown(site, "198.18.0.7", "tcp", 1, 22, "closed", "conn-refused"),
		unshown(site, "198.18.0.7", "tcp", 24, 100, "closed", "conn-refused"),
		unshown("", "198.18.0.8", "tcp", 1, 21, "filtered", "no-response"),
		unshown("", "198.18.0.8", "tcp", 23, 25, "filtered", "admin-prohibited"),
		unshown("", "198.18.0.10", "tcp", 1, 100, "closed", "conn-refused"),
		unshown("", "198.18.0.11", "tcp", 1, 50, "filtered", "host-unreach"),
		unshown("", "198.18.0.12", "tcp", 1, 50, "filtered", "no-response"),
	} {
		r.counted = append(r.counted, v...)
	}
	for _, v := range unshown("", "198.18.0.13", "tcp", 1, 49, "open", "syn-ack") {
		v.Middlebox = true
		r.counted = append(r.counted, v)
	}
	return r
}

// proved is a port that was verified.
func proved(r *record.Record, v record.Verified) *record.Record {
	if v.Outcome == "" {
		v.Outcome = record.OutcomeIdentified
	}
	if v.Outcome == record.OutcomeIdentified && v.Transport == "" {
		v.Transport = "plain"
	}
	v.Evidence, v.Connections, v.Spent = "greeting", 1, 3.1
	r.Verified = &v
	return r
}

func certificateOf(names ...string) *record.TLS {
	return &record.TLS{Version: "1.3", ALPN: "h2", Subject: "CN=" + names[0], Names: names, Issuer: "CN=Some CA", NotBefore: new(start().AddDate(-1, 0, 0)),
		NotAfter: new(start().AddDate(0, 0, 11)), Key: "ecdsa-256", Signature: "ECDSA-SHA256", Fingerprint: strings.Repeat("0f", 32)}
}

// verifiedRun is a scan with --verify: what was proved, what was not, what was
// not asked, and what means harm.
func verifiedRun() run {
	const site = "example.test"
	expired := certificateOf("old.example.test")
	expired.NotAfter, expired.SelfSigned, expired.Issuer = new(start().AddDate(0, 0, -1)), true, expired.Subject
	common := asked(site, "198.18.0.7", "tcp", 9100, "open", "syn-ack", "node-exporter")
	common.ServiceBy, common.IANA = record.ByCommon, "hp-pdl-datastr"
	return run{
		o: Options{Command: "scan", Kind: record.KindPort, Args: []string{"porthole", "scan", site, "--verify"}, Start: start(), Version: "v0.1.0"},
		records: []*record.Record{
			proved(asked(site, "198.18.0.7", "tcp", 22, "open", "syn-ack", "ssh"), record.Verified{Service: "ssh", Product: "OpenSSH", Version: "9.2p1", ProtocolVersion: "2.0", Info: []string{"Debian-2"}, FirstBytes: "SSH-2.0-OpenSSH_9.2p1"}),
			proved(asked(site, "198.18.0.7", "tcp", 443, "open", "syn-ack", "https"), record.Verified{Service: "http", Product: "nginx", Version: "1.22.1", ProtocolVersion: "2", Transport: "tls", TLS: certificateOf(site, "www."+site),
				Remarks: []record.Remark{{Rule: "cert-expires", Text: "certificate expires on 2026-12-04, in 11 days"}}}),
			proved(asked(site, "198.18.0.7", "tcp", 80, "open", "syn-ack", "http"), record.Verified{Service: "ssh", ProtocolVersion: "2.0",
				Remarks: []record.Remark{{Rule: "number-mismatch", Text: "ssh answers on the number of http"}}}),
			proved(asked(site, "198.18.0.7", "tcp", 25, "open", "syn-ack", "smtp"), record.Verified{Service: "smtp", Product: "Postfix", StartTLS: true, Transport: "starttls", TLS: expired,
				Remarks: []record.Remark{{Rule: "cert-expired", Text: "certificate expired on 2026-11-22"}}}),
			proved(asked(site, "198.18.0.7", "tcp", 6379, "open", "syn-ack", "redis"), record.Verified{Service: "redis", Product: "Redis", Version: "7.0.15\x1b[31m<b>", WithoutCredentials: true,
				Remarks: []record.Remark{{Rule: "no-credentials", Text: "answers without credentials"}}}),
			proved(asked(site, "198.18.0.7", "tcp", 8080, "open", "syn-ack", "http-alt"), record.Verified{Outcome: record.OutcomeUnidentified, FirstBytes: `\x00\x01`}),
			proved(asked(site, "198.18.0.7", "tcp", 8081, "open", "syn-ack", ""), record.Verified{Outcome: record.OutcomeCloses}),
			proved(common, record.Verified{Outcome: record.OutcomeNotAsked, Reason: "a printer may be there, which prints whatever it is sent"}),
			proved(asked(site, "198.18.0.7", "tcp", 8082, "open", "syn-ack", ""), record.Verified{Outcome: record.OutcomeUnreachable, Error: "connection refused"}),
			asked(site, "198.18.0.7", "tcp", 23, "closed", "conn-refused", "telnet"),
		},
		sum: record.Summary{Kind: "summary", Command: "scan", Complete: true, Elapsed: 512.4, Seed: new(uint64(7)),
			ScanCounts: &record.ScanCounts{Targets: 1, Probes: 10, Open: 9, Closed: 1}, ScanStats: &record.ScanStats{Attempts: 10},
			VerifyCounts: &record.VerifyCounts{Verified: 5, Unidentified: 2, NotAsked: 1, Unreachable: 1, Mismatched: 1}},
	}
}

// emptyRun is a scan that was interrupted before the first verdict.
func emptyRun() run {
	return run{
		o:   Options{Command: "scan", Kind: record.KindPort, Args: []string{"porthole", "scan", "198.18.0.7"}, Start: start(), Version: "v0.1.0"},
		sum: record.Summary{Kind: "summary", Command: "scan", ScanCounts: &record.ScanCounts{Targets: 1, Probes: 100}},
	}
}

func listRun() run {
	records := socketRecords()
	workers := *records[1]
	workers.Inode++
	records[0].Reach = &record.Reach{Verdict: record.ReachPartly, From: []string{"10.0.0.0/8", "192.0.2.7/32"}, Interfaces: []string{"eth0"}, Rule: "inet filter input handle 7: ip saddr @admins tcp dport 22 accept"}
	records[2].Reach = &record.Reach{Verdict: record.ReachDrop, Rule: "inet filter input: policy drop", Notes: []string{"an XDP program on eth0 may drop before"}}
	records[3].Reach = &record.Reach{Verdict: record.ReachUnknown, Why: "the rules of nftables are only told to root or with CAP_NET_ADMIN", Unread: true}
	return run{
		o:       Options{Command: "list", Kind: record.KindSocket, Args: []string{"porthole", "list"}, Start: start(), Version: "v0.1.0"},
		records: append(records, &workers),
		sum:     record.Summary{Kind: "summary", Command: "list", Complete: true, Elapsed: 21.4, ListCounts: &record.ListCounts{Sockets: 5, Processes: 7, Privileged: 1, Hidden: 1, MayMatch: 2}},
	}
}

// write puts a run through one format.
func (r run) write(t *testing.T, f Format) string {
	t.Helper()
	var buf bytes.Buffer
	out, err := Open(t.Context(), []Spec{{Format: f}}, &buf, r.o)
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range r.counted {
		out.Count(v)
	}
	for _, rec := range r.records {
		if err := out.Write(rec); err != nil {
			t.Fatal(err)
		}
	}
	if err := out.Close(&r.sum); err != nil {
		t.Fatal(err)
	}
	return buf.String()
}

func TestGolden(t *testing.T) {
	for name, r := range map[string]run{"scan": scanRun(), "empty": emptyRun(), "list": listRun(), "verified": verifiedRun()} {
		for _, f := range Formats() {
			if (Spec{Format: f}).For(r.o.Command) != nil {
				continue
			}
			t.Run(name+" "+string(f), func(t *testing.T) {
				path := filepath.Join("testdata", name+"."+string(f))
				got := r.write(t, f)
				if f == FormatHTML { // style and script are in page/
					got = strings.NewReplacer(digest(pageCSS), "STYLE", digest(pageJS), "SCRIPT").Replace(got)
					got = strings.NewReplacer(pageCSS, "", pageJS, "").Replace(got)
				}
				if *update {
					if err := os.WriteFile(path, []byte(got), 0o666); err != nil {
						t.Fatal(err)
					}
				}
				want, err := os.ReadFile(path)
				if err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(string(want), got); diff != "" {
					t.Errorf("%s (-want +got; -update rewrites it):\n%s", path, diff)
				}
			})
		}
	}
}
