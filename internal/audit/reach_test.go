package audit

import (
	"net/netip"
	"strconv"
	"strings"
	"testing"

	"porthole/internal/record"
)

func saw(addr string, port uint16, state string, change ...func(*record.Record)) record.Record {
	r := record.Record{Kind: record.KindPort, Proto: "tcp", Addr: addr, Port: port, State: state, Reason: "because"}
	for _, c := range change {
		c(&r)
	}
	return r
}

// TestReach checks the rules that compare the sockets with a scan.
func TestReach(t *testing.T) {
	type records = []record.Record
	const us, too, them = "198.18.0.1", "198.18.0.2", "198.18.0.99"
	web := with(8443, "", "/usr/sbin/nginx", "www")
	middlebox := func(r *record.Record) { r.Middlebox = true }
	for _, test := range []struct {
		name     string
		sockets  records
		verdicts records
		want     string // rule and severity
	}{
		{"open as bound", records{web}, records{saw(us, 8443, "open")}, ""},
		{"open on one address of two", records{web}, records{saw(us, 8443, "open"), saw(too, 8443, "filtered")}, ""},
		{"blocked", records{web}, records{saw(us, 8443, "filtered"), saw(too, 8443, "filtered")}, "reach-blocked low"},
		{"refused", records{web}, records{saw(us, 8443, "closed")}, "reach-blocked low"},
		{"not asked", records{web}, records{saw(us, 22, "closed")}, ""},
		{"could not be asked", records{web}, records{saw(us, 8443, "unknown")}, ""},
		{"blocked for others", records{web}, records{saw(them, 8443, "filtered")}, ""},
		{"meant for loopback", records{with(8443, "", "/usr/sbin/nginx", "www", loopback)}, records{saw(us, 8443, "closed")}, ""},
		{"bound to the other address", records{with(8443, "", "/usr/sbin/nginx", "www", at(too, "public"))}, records{saw(us, 8443, "closed")}, ""},
		{"nobody here", records{web}, records{saw(us, 9, "open")}, "reach-unlisted high"},
		{"ended, meanwhile", records{web}, records{saw(us, 8443, "open")}, ""},
		{"nobody here, at another machine", records{web}, records{saw(them, 9, "open")}, ""},
		{"behind a middlebox", records{web}, records{saw(us, 9, "open", middlebox)}, ""},
		{"nobody here, but in a container", records{with(9, "", "/bin/x", "me", elsewhere)}, records{saw(us, 9, "open")}, "reach-unlisted high"},
		{"a loopback listener reached", records{with(9, "", "/bin/x", "me", loopback)}, records{saw(us, 9, "open")}, "reach-unexpected high"},
		{"another address reached", records{with(9, "", "/bin/x", "me", at(too, "public"))}, records{saw(us, 9, "open")}, "reach-unexpected high"},
		{"IPv4 by [::]", records{with(9, "", "/bin/x", "me", at("::", "all"))}, records{saw(us, 9, "open")}, ""},
		{"IPv4 by [::] for IPv6 only", records{with(9, "", "/bin/x", "me", at("::", "all"), func(r *record.Record) { r.V6Only = new(true) })}, records{saw(us, 9, "open")}, "reach-unexpected high"},
		{"silence over UDP", records{}, records{saw(us, 9, "open|filtered", func(r *record.Record) { r.Proto = "udp" })}, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			m := Machine{NetNS: 1, Sockets: test.sockets}
			m.Scan = NewScan([]netip.Addr{netip.MustParseAddr(us), netip.MustParseAddr(too)}, test.sockets)
			for i, v := range test.verdicts {
				if i%2 == 0 || v.State == "open" {
					m.Scan.Write(&v)
				} else {
					addr := netip.AddrPortFrom(netip.MustParseAddr(v.Addr), v.Port)
					m.Scan.Count(record.Verdict{Proto: v.Proto, Addr: addr, State: v.State, Reason: v.Reason})
				}
			}
			if strings.HasSuffix(test.name, ", meanwhile") {
				m.Sockets = nil
			}
			var got []string
			for _, f := range m.Audit() {
				if strings.HasPrefix(f.Rule, "reach-") {
					got = append(got, f.Rule+" "+f.Severity)
				}
			}
			if strings.Join(got, ", ") != test.want {
				t.Errorf("%q, want %q", got, test.want)
			}
		})
	}
}

// TestScanKeeps checks that a scan of many ports keeps only what the rules look at.
func TestScanKeeps(t *testing.T) {
	us := netip.MustParseAddr("198.18.0.1")
	s := NewScan([]netip.Addr{us}, []record.Record{with(8443, "", "/x", "me")})
	for port := range 65535 {
		s.Count(record.Verdict{Proto: "tcp", Addr: netip.AddrPortFrom(us, uint16(port+1)), State: "closed"})
	}
	if len(s.open) != 0 || len(s.seen) != 1 || s.OpenOnly() || s.IsOther() {
		t.Errorf("%d open, %d ports kept, open only %v, other %v", len(s.open), len(s.seen), s.OpenOnly(), s.IsOther())
	}
	s = NewScan([]netip.Addr{us}, nil)
	s.Count(record.Verdict{Proto: "tcp", Addr: netip.MustParseAddrPort("198.18.0.9:80"), State: "open"})
	if !s.IsOther() || !s.OpenOnly() {
		t.Error("a scan of another machine is taken for one of this")
	}
}

// TestScanBounds checks that a file with more verdicts than a scan of this machine can
// have is an error.
func TestScanBounds(t *testing.T) {
	us := netip.MustParseAddr("198.18.0.1")
	long := strings.Repeat("a", 1<<20)
	verdict := func(port uint16, reason string) *record.Record {
		return &record.Record{Proto: "tcp", Addr: us.String(), Port: port, State: "open", Reason: reason}
	}
	for name, next := range map[string]func(i int) *record.Record{
		"one port again and again": func(int) *record.Record { return verdict(8443, "") },
		"open ports that are not":  func(i int) *record.Record { return verdict(uint16(i%8000), "") },
		"long texts":               func(i int) *record.Record { return verdict(1, long+strconv.Itoa(i)) },
	} {
		s := NewScan([]netip.Addr{us}, []record.Record{with(8443, "", "/x", "me")})
		n := 0
		for n < 1<<17 && s.Write(next(n)) == nil {
			n++
		}
		if s.Err() == nil {
			t.Errorf("%s: %d verdicts are kept", name, n)
		}
		n = len(s.open)
		for i := range 100 {
			s.Write(next(i))
		}
		if len(s.open) != n {
			t.Errorf("%s: more are kept after the error", name)
		}
	}
}
