package firewall

import "testing"

// FuzzLinks holds that any message about interfaces, addresses, routes and
// policies is read or refused.
func FuzzLinks(f *testing.F) {
	f.Add(uint8(0), make([]byte, 32))
	f.Add(uint8(1), []byte{2, 24, 0, 0, 1, 0, 0, 0, 8, 0, 2, 0, 198, 18, 0, 1})
	f.Add(uint8(2), []byte{2, 24, 0, 0, 254, 2, 0, 1, 0, 0, 0, 0, 8, 0, 1, 0, 198, 18, 0, 0, 8, 0, 4, 0, 1, 0, 0, 0})
	f.Add(uint8(3), []byte{2, 0, 0, 0, 254, 0, 0, 1, 0, 0, 0, 0, 8, 0, 6, 0, 0, 1, 0, 0})
	f.Fuzz(func(t *testing.T, kind uint8, b []byte) {
		h := &Host{Links: []Link{{Index: 1, Name: "lo", Up: true}}}
		add := [...]func([]byte) error{h.addLink, h.addAddr, h.addRoute, h.addPolicy}
		_ = add[kind%4](b)
		for _, v6 := range []bool{false, true} {
			r := newRoutes(h, v6)
			if len(r.parts) == 0 || r.parts[0].first != r.domain.first || r.parts[len(r.parts)-1].last != r.domain.last {
				t.Errorf("routes %v do not cover all addresses", r.parts)
			}
		}
	})
}
