package audit

import (
	"fmt"
	"testing"
)

// BenchmarkManyAddresses audits a port that is held on 5,000 loopback addresses.
func BenchmarkManyAddresses(b *testing.B) {
	var m Machine
	for i := range 5000 {
		m.Sockets = append(m.Sockets, with(80, "http", "/usr/bin/x", "me", at(fmt.Sprintf("127.0.%d.%d", i/250, i%250), "loopback")))
	}
	m.Sockets = append(m.Sockets, with(80, "http", "/usr/bin/y", "you"))
	for b.Loop() {
		n := 0
		for _, f := range m.Audit() {
			if f.Rule == "shadowed-loopback" {
				n++
			}
		}
		if n != 5000 {
			b.Fatalf("%d findings", n)
		}
	}
}
