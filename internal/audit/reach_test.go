package audit

import (
	"net/netip"
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
			m := Machine{NetNS: 1, Sockets: test.sockets, Scan: Scan{Verdicts: test.verdicts, Addrs: []netip.Addr{netip.MustParseAddr(us), netip.MustParseAddr(too)}}}
			if strings.HasSuffix(test.name, ", meanwhile") {
				m.Sockets, m.Scan.Before = nil, test.sockets
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
