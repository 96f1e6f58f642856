package registry

import (
	"slices"
	"testing"
)

func TestCommonHas(t *testing.T) {
	common := parse(t, "common")
	must := parse(t, "T:20,21,22,25,53,80,110,143,179,389,443,587,1433,1434,3306,3389,5432,U:53,1434")
	if missing := must.Minus(common); !missing.Empty() {
		t.Errorf("common lacks %s", missing)
	}
	if tcp, udp := common.Len("tcp"), common.Len("udp"); tcp != 100 || udp != 40 {
		t.Errorf("common has %d tcp and %d udp ports, want 100 and 40", tcp, udp)
	}
}

// The set common and the mark Common are the same ports.
func TestCommonMark(t *testing.T) {
	var r Registry
	var b portsBuilder
	for s := range r.Services(parse(t, "all", "tcp", "udp", "sctp", "dccp")) {
		if p, ok := parseProtocol(s.Proto); ok && s.Common {
			b.add(p, Range{s.Port, s.Port})
		}
	}
	if got, want := b.ports(), parse(t, "common"); !got.Equal(want) {
		t.Errorf("Common marks %s\nnot %s", got, want)
	}
}

func TestTop(t *testing.T) {
	var r Registry
	tests := []struct {
		proto string
		n     int
		want  int
	}{
		{"tcp", 0, 0}, {"tcp", -1, 0}, {"tcp", 1, 1}, {"tcp", 100, 100}, {"tcp", 1000, 1000},
		{"udp", 41, 41}, {"udp", 1000, 1000}, {"dccp", 1000, 9}, {"icmp", 10, 0},
	}
	for _, tt := range tests {
		if got := r.Top(tt.proto, tt.n).Len(tt.proto); got != tt.want {
			t.Errorf("Top(%q, %d) has %d ports, want %d", tt.proto, tt.n, got, tt.want)
		}
	}
	if got := r.Top("tcp", 100); !got.Equal(parse(t, "T:common")) {
		t.Errorf("Top(tcp, 100) is not common but %s", got)
	}
}

// The order is that of the ranks, then of the curated rows, then of IANA's.
func TestTopOrder(t *testing.T) {
	var r Registry
	list := r.top(tcp, maxTop)
	if !slices.Equal(list[:3], []Range{{443, 443}, {80, 80}, {22, 22}}) {
		t.Errorf("the list begins with %v", list[:3])
	}
	curated := 0
	for row := range curatedTable.rows() {
		if row.protos.has(tcp) {
			curated += int(row.Last) - int(row.First) + 1
		}
	}
	byPort := func(a, b Range) int { return int(a.First) - int(b.First) }
	if !slices.IsSortedFunc(list[100:curated], byPort) || !slices.IsSortedFunc(list[curated:], byPort) {
		t.Errorf("the ports behind the common ones do not ascend: %v", list[100:])
	}
	for _, port := range list[curated:] {
		if s, ok := r.Lookup("tcp", port.First); !ok || s.IANA == "" {
			t.Errorf("%s is not assigned", port)
		}
	}
}
