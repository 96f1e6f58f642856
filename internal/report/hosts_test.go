package report

import (
	"net/netip"
	"testing"

	"github.com/google/go-cmp/cmp"

	"porthole/internal/record"
)

func TestPortSetText(t *testing.T) {
	for _, test := range []struct {
		ports []uint16
		want  string
		n     int
	}{
		{nil, "", 0},
		{[]uint16{0}, "0", 1},
		{[]uint16{65535, 65534, 1}, "1,65534-65535", 3},
		{[]uint16{80, 22, 81, 82, 443, 22}, "22,80-82,443", 5},
	} {
		var s portSet
		for _, p := range test.ports {
			s.add(p)
		}
		if text, n := s.text(); text != test.want || n != test.n {
			t.Errorf("%v: %q, %d; want %q, %d", test.ports, text, n, test.want, test.n)
		}
	}
}

// TestHostStatus checks the status of a host for verdicts in any order.
func TestHostStatus(t *testing.T) {
	type v = [2]string
	for _, test := range []struct {
		verdicts []v
		want     v
	}{
		{[]v{{"filtered", "no-response"}}, v{"unknown", "no-response"}},
		{[]v{{"unknown", "local-limit"}}, v{"unknown", "local-limit"}},
		{[]v{{"open|filtered", "no-response"}}, v{"unknown", "no-response"}},
		{[]v{{"filtered", "no-response"}, {"filtered", "host-unreach"}}, v{"down", "host-unreach"}},
		{[]v{{"filtered", "host-unreach"}, {"closed", "conn-refused"}}, v{"up", "conn-refused"}},
		{[]v{{"open", "syn-ack"}, {"filtered", "host-unreach"}, {"closed", "conn-refused"}}, v{"up", "syn-ack"}},
	} {
		g := newScanHosts(nil)
		for i, verdict := range test.verdicts {
			g.count(record.Verdict{Proto: "tcp", Addr: netip.AddrPortFrom(netip.MustParseAddr("198.18.0.7"), uint16(i)), State: verdict[0], Reason: verdict[1]})
		}
		h := g.sorted()[0]
		if diff := cmp.Diff(test.want, v{h.status, h.reason}); diff != "" {
			t.Errorf("%v (-want +got):\n%s", test.verdicts, diff)
		}
	}
}

// TestCountIsFree checks that counting allocates nothing if no format needs it, nor
// for a host that is known.
func TestCountIsFree(t *testing.T) {
	v := unshown("example.test", "198.18.0.7", "tcp", 1, 1, "closed", "conn-refused")[0]
	for _, f := range []Format{FormatJSON, FormatXML} {
		out, err := Open(t.Context(), []Spec{{Format: f}}, full{}, Options{Command: "scan", Kind: record.KindPort})
		if err != nil {
			t.Fatal(err)
		}
		out.Count(v)
		if n := testing.AllocsPerRun(100, func() { out.Count(v) }); n != 0 {
			t.Errorf("%s: %v allocations a verdict", f, n)
		}
	}
}

// BenchmarkCount counts the verdicts of a /16, two ports each, and reports the
// memory for a host.
func BenchmarkCount(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		g := newScanHosts(nil)
		for port := range uint16(2) {
			for i := range 1 << 16 {
				addr := netip.AddrFrom4([4]byte{198, 18, byte(i >> 8), byte(i)})
				g.count(record.Verdict{Proto: "tcp", Addr: netip.AddrPortFrom(addr, port), State: "closed", Reason: "conn-refused"})
			}
		}
	}
}
