package registry

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestPortsContains(t *testing.T) {
	p := parse(t, "T:0,22,80-90,65535,U:53")
	tests := []struct {
		proto string
		port  uint16
		want  bool
	}{
		{"tcp", 0, true}, {"tcp", 1, false}, {"tcp", 22, true}, {"tcp", 79, false},
		{"tcp", 80, true}, {"tcp", 85, true}, {"tcp", 90, true}, {"tcp", 91, false},
		{"tcp", 65535, true}, {"tcp", 53, false}, {"udp", 53, true}, {"sctp", 53, false},
		{"TCP", 22, false}, {"", 22, false},
	}
	for _, tt := range tests {
		if got := p.Contains(tt.proto, tt.port); got != tt.want {
			t.Errorf("Contains(%q, %d) = %v, want %v", tt.proto, tt.port, got, tt.want)
		}
	}
}

func TestPortsContents(t *testing.T) {
	p := parse(t, "U:53,T:65534-,22,23")
	if got, want := slices.Collect(p.All("tcp")), []uint16{22, 23, 65534, 65535}; !slices.Equal(got, want) {
		t.Errorf("All = %v, want %v", got, want)
	}
	if diff := cmp.Diff([]Range{{22, 23}, {65534, 65535}}, p.Ranges("tcp")); diff != "" {
		t.Errorf("Ranges (-want +got):\n%s", diff)
	}
	if got, want := p.Protos(), []string{"tcp", "udp"}; !slices.Equal(got, want) {
		t.Errorf("Protos = %v, want %v", got, want)
	}
	if tcp, udp, none := p.Len("tcp"), p.Len("udp"), p.Len("icmp"); tcp != 4 || udp != 1 || none != 0 {
		t.Errorf("Len = %d, %d, %d, want 4, 1, 0", tcp, udp, none)
	}
	for port := range p.All("tcp") {
		if port != 22 {
			t.Errorf("first of All = %d", port)
		}
		break
	}
	if got := slices.Collect(p.All("icmp")); got != nil {
		t.Errorf("All of an unknown protocol = %v", got)
	}
}

func TestPortsZero(t *testing.T) {
	var p Ports
	if !p.Empty() || p.String() != "" || p.Protos() != nil || !p.Equal(NewPorts("tcp")) {
		t.Errorf("the zero value is not the empty set: %q", p)
	}
	if got := NewPorts("icmp", Range{1, 2}); !got.Empty() {
		t.Errorf("NewPorts of an unknown protocol = %q", got)
	}
	if got := NewPorts("tcp", Range{2, 1}); !got.Empty() {
		t.Errorf("NewPorts of a range turned round = %q", got)
	}
}

func TestPortsIsAValue(t *testing.T) {
	p := parse(t, "T:22,80")
	ranges := p.Ranges("tcp")
	ranges[0] = Range{1, 9}
	p.Union(parse(t, "T:1-100"))
	p.Minus(parse(t, "T:22"))
	if p.String() != "T:22,80" {
		t.Errorf("the set changed to %q", p)
	}
}

func TestPortsAlgebra(t *testing.T) {
	tests := []struct{ a, b, union, minus string }{
		{"T:1-10", "T:11-20", "T:1-20", "T:1-10"},
		{"T:1-10", "T:3,5-6", "T:1-10", "T:1-2,4,7-10"},
		{"T:1-10", "T:0-20", "T:0-20", ""},
		{"T:1-10", "U:1-10", "T:1-10,U:1-10", "T:1-10"},
		{"T:0-65535", "T:0,65535", "T:0-65535", "T:1-65534"},
		{"T:10,20,30", "T:15-25", "T:10,15-25,30", "T:10,30"},
		{"T:60000-", "T:65535", "T:60000-65535", "T:60000-65534"},
		{"S:9,D:9", "D:9", "S:9,D:9", "S:9"},
	}
	for _, tt := range tests {
		a, b := parse(t, tt.a), parse(t, tt.b)
		if got := a.Union(b).String(); got != tt.union {
			t.Errorf("%s union %s = %q, want %q", tt.a, tt.b, got, tt.union)
		}
		if got := a.Minus(b).String(); got != tt.minus {
			t.Errorf("%s minus %s = %q, want %q", tt.a, tt.b, got, tt.minus)
		}
		if !a.Union(b).Equal(b.Union(a)) {
			t.Errorf("the union of %s and %s depends on their order", tt.a, tt.b)
		}
		if !a.Minus(b).Union(b).Equal(a.Union(b)) {
			t.Errorf("%s minus %s, with %[2]s again, is not their union", tt.a, tt.b)
		}
	}
}
