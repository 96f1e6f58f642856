package registry

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestLookup(t *testing.T) {
	tests := []struct {
		proto string
		port  uint16
		want  Service
	}{
		{"tcp", 22, Service{Source: SourceIANA, Name: "ssh", IANA: "ssh", Description: "The Secure Shell (SSH) Protocol", Common: true}},
		{"sctp", 22, Service{Source: SourceIANA, Name: "ssh", IANA: "ssh", Description: "SSH"}},
		{"tcp", 443, Service{Source: SourceIANA, Name: "https", IANA: "https", Description: "http protocol over TLS/SSL", Common: true}},
		{"tcp", 80, Service{
			Source: SourceIANA, Name: "http", IANA: "http", Description: "World Wide Web HTTP", Common: true,
			Plaintext: true, Secure: "https (RFC 9110 section 4.2.2)",
		}},
		{"udp", 80, Service{Source: SourceIANA, Name: "http", IANA: "http", Description: "World Wide Web HTTP"}},
		// IANA's first name is not the one in use.
		{"udp", 1701, Service{Source: SourceIANA, Name: "l2tp", IANA: "l2tp", Description: "VPNs: L2TP", Common: true}},
		{"tcp", 465, Service{
			Source: SourceIANA, Name: "submissions", IANA: "submissions", Description: "mail clients handing in mail over TLS", Common: true,
		}},
		{"udp", 465, Service{Source: SourceIANA, Name: "igmpv3lite", IANA: "igmpv3lite", Description: "IGMP over UDP for SSM"}},
		// People use another name than IANA.
		{"tcp", 9090, Service{
			Source: SourceCommon, Name: "prometheus", IANA: "websm", Description: "Prometheus; Cockpit on Linux servers", Common: true,
		}},
		// IANA registered the same service by another name.
		{"tcp", 3389, Service{Source: SourceIANA, Name: "rdp", IANA: "ms-wbt-server", Description: "Windows Remote Desktop", Common: true}},
		{"udp", 67, Service{Source: SourceIANA, Name: "dhcp-server", IANA: "bootps", Description: "address assignment", Common: true}},
		{"tcp", 1099, Service{Source: SourceCommon, Name: "jmx", IANA: "rmiregistry", Description: "Java management and RMI: whoever reaches it may run code"}},
		// IANA registered none.
		{"udp", 51820, Service{Source: SourceCommon, Name: "wireguard", Description: "WireGuard VPNs", Common: true}},
		// Ranges.
		{"tcp", 4299, Service{Source: SourceIANA, Name: "vrml-multi-use", IANA: "vrml-multi-use", Description: "VRML Multi User Systems"}},
		{"udp", 6063, Service{Source: SourceIANA, Name: "x11", IANA: "x11", Description: "X Window System"}},
		{"tcp", 6063, Service{
			Source: SourceIANA, Name: "x11", IANA: "x11", Description: "X Window System",
			Plaintext: true, Secure: "x11 through ssh (RFC 4254 section 6.3)",
		}},
		// The first and the last row of IANA's table.
		{"tcp", 1, Service{Source: SourceIANA, Name: "tcpmux", IANA: "tcpmux", Description: "TCP Port Service Multiplexer"}},
		{"tcp", 49150, Service{Source: SourceIANA, Name: "inspider", IANA: "inspider", Description: "InSpider System"}},
	}
	for _, tt := range tests {
		tt.want.Proto, tt.want.Port = tt.proto, tt.port
		var r *Registry // nil works too
		got, ok := r.Lookup(tt.proto, tt.port)
		if diff := cmp.Diff(tt.want, got); diff != "" || !ok {
			t.Errorf("Lookup(%q, %d): %v (-want +got):\n%s", tt.proto, tt.port, ok, diff)
		}
	}
}

func TestLookupNothing(t *testing.T) {
	tests := []struct {
		proto string
		port  uint16
	}{
		{"tcp", 0}, {"udp", 0}, {"tcp", 4}, {"udp", 49150}, {"tcp", 49151}, {"tcp", 65535},
		{"udp", 6665}, {"TCP", 22}, {"icmp", 22}, {"", 22},
	}
	for _, tt := range tests {
		var r Registry
		if got, ok := r.Lookup(tt.proto, tt.port); ok || got != (Service{}) {
			t.Errorf("Lookup(%q, %d) = %+v, %v, want none", tt.proto, tt.port, got, ok)
		}
	}
}

func TestLookupAllocatesNothing(t *testing.T) {
	var r Registry
	port := uint16(0)
	if n := testing.AllocsPerRun(1000, func() {
		port += 7919 // a prime, to reach ports of all kinds
		r.Lookup("tcp", port)
		r.Lookup("udp", port)
	}); n != 0 {
		t.Errorf("a lookup allocates %v times", n)
	}
}

// Services is Lookup for every port of the set, in order.
func TestServicesAgreesWithLookup(t *testing.T) {
	var r Registry
	for _, expr := range []string{"T:0-65535,U:0-65535,S:0-65535,D:0-65535", "T:6000-6010,U:53,9", "U:65535", "T:-100,U:50-60"} {
		set := parse(t, expr)
		var want []Service
		for port := range lastPort + 1 {
			for _, proto := range set.Protos() {
				if s, ok := r.Lookup(proto, uint16(port)); ok && set.Contains(proto, uint16(port)) {
					want = append(want, s)
				}
			}
		}
		if diff := cmp.Diff(want, slices.Collect(r.Services(set))); diff != "" {
			t.Errorf("Services(%s) (-want +got):\n%s", expr, diff)
		}
	}
}

func TestServicesStops(t *testing.T) {
	var r Registry
	for s := range r.Services(parse(t, "all")) {
		if s.Port != 1 || s.Proto != "tcp" {
			t.Errorf("the first service is %+v", s)
		}
		break
	}
}

func BenchmarkLookup(b *testing.B) {
	var r Registry
	for _, port := range []uint16{22, 443, 9090, 4299, 49150, 65535} {
		b.Run(fmt.Sprint(port), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				r.Lookup("tcp", port)
			}
		})
	}
	b.Run("scattered", func(b *testing.B) {
		b.ReportAllocs()
		port := uint16(0)
		for b.Loop() {
			port += 7919
			r.Lookup("tcp", port)
		}
	})
}

func BenchmarkServices(b *testing.B) {
	var r Registry
	all := parse(b, "T:0-65535,U:0-65535,S:0-65535,D:0-65535")
	for b.Loop() {
		for range r.Services(all) {
		}
	}
}

// TestLookupInAnyOrder: what an earlier look-up left behind changes no answer.
func TestLookupInAnyOrder(t *testing.T) {
	var used Registry
	ask := func(port int) {
		for _, proto := range []string{"tcp", "udp", "sctp", "dccp"} {
			var fresh *Registry // remembers nothing
			want, wantOK := fresh.Lookup(proto, uint16(port))
			if got, ok := used.Lookup(proto, uint16(port)); got != want || ok != wantOK {
				t.Fatalf("%s %d: %+v, %v; want %+v, %v", proto, port, got, ok, want, wantOK)
			}
		}
	}
	for port := range 1 << 16 {
		ask(port)
	}
	for port := 0; port < 1<<16; port += 7 {
		ask(port * 40503 % (1 << 16))
	}
	if _, ok := used.Lookup("tcp", 60001); ok {
		t.Fatal("60001 has a service; take another port")
	}
	if err := used.Load(strings.NewReader("mine 60002/tcp\n"), "services"); err != nil {
		t.Fatal(err)
	}
	if s, ok := used.Lookup("tcp", 60002); !ok || s.Name != "mine" {
		t.Errorf("a name that was loaded later: %+v, %v", s, ok)
	}
}
