package hosts

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"
)

// TestFamilies looks up names on machines that have addresses of one family only.
func TestFamilies(t *testing.T) {
	const v4, v6 = "198.18.5.1/24", "2001:db8:5::1/64"
	for _, test := range []struct {
		name, targets string
		own           []string
		family        Family
		anywhere      bool
		noRoute       string // to this network
		want, note    string
	}{
		{name: "both", targets: "dual.example", own: []string{v4, v6}, family: Any, want: "192.0.2.1 2001:db8::1"},
		{name: "IPv4", targets: "dual.example,dual.example:80", own: []string{"127.0.0.1/8", "::1/128", v4, "fe80::7/64"}, family: Any, want: "192.0.2.1 192.0.2.1", note: "dual.example: 2001:db8::1 is not asked, as this machine has no IPv6 address"},
		{name: "IPv6", targets: "dual.example", own: []string{"127.0.0.1/8", v6}, family: Any, want: "2001:db8::1", note: "dual.example: 192.0.2.1 is not asked, as this machine has no IPv4 address"},
		{name: "a name with nothing else", targets: "v4.example", own: []string{v6}, family: Any, want: "192.0.2.7"},
		{name: "an address that was typed", targets: "2001:db8::1", own: []string{v4}, family: Any, want: "2001:db8::1"},
		{name: "a family that was chosen", targets: "dual.example", own: []string{v4}, family: IPv6, want: "2001:db8::1"},
		{name: "a share of a scan", targets: "dual.example", own: []string{v4}, family: Any, anywhere: true, want: "192.0.2.1 2001:db8::1"},
		{name: "no route for IPv6", targets: "dual.example", own: []string{v4, v6}, family: Any, noRoute: "2001:db8::/32", want: "192.0.2.1", note: "dual.example: 2001:db8::1 is not asked, as this machine has no IPv6 route there"},
		{name: "no route at all", targets: "dual.example", own: []string{v4, v6}, family: Any, noRoute: "::/0", want: "192.0.2.1 2001:db8::1"},
		{name: "no route and nothing else", targets: "v4.example", own: []string{v4, v6}, family: Any, noRoute: "192.0.2.0/24", want: "192.0.2.7"},
		{name: "interfaces that cannot be listed", targets: "dual.example", family: Any, want: "192.0.2.1 2001:db8::1"},
	} {
		t.Run(test.name, func(t *testing.T) {
			own := func() ([]Interface, error) {
				if test.own == nil {
					return nil, fmt.Errorf("no netlink")
				}
				i := Interface{Name: "lan0"}
				for _, p := range test.own {
					i.Prefixes = append(i.Prefixes, netip.MustParsePrefix(p))
				}
				return []Interface{i}, nil
			}
			routed := func(a netip.Addr) bool {
				switch test.noRoute {
				case "":
					return true
				case "::/0":
					return false
				}
				return !netip.MustParsePrefix(test.noRoute).Contains(a)
			}
			found, err := Resolve(t.Context(), Request{
				Targets: parsed(t, test.targets), Family: test.family, Anywhere: test.anywhere,
				Resolver: names, Interfaces: own, Routed: routed, Common: func(uint16) bool { return false },
			})
			if err != nil || found.Unresolved != nil {
				t.Fatal(err, found.Unresolved)
			}
			var got []string
			for _, s := range found.Sets {
				for i := range s.Len() {
					a := s.At(i).Addr
					got = append(got, a.String())
				}
			}
			notes := strings.Join(found.Notes, "\n")
			if strings.Join(got, " ") != test.want || !strings.HasPrefix(notes, test.note) || (notes == "") != (test.note == "") || len(found.Notes) > 1 {
				t.Errorf("asked: %v, want %s; notes: %s", got, test.want, notes)
			}
		})
	}
}
