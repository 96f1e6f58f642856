package hosts

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// book answers names from a table, as the system's resolver would.
type book map[string][]string

func (b book) LookupNetIP(_ context.Context, network, host string) ([]netip.Addr, error) {
	var out []netip.Addr
	for _, text := range b[host] {
		a := netip.MustParseAddr(text)
		if network == "ip" || (network == "ip4") == a.Is4() {
			out = append(out, a)
		}
	}
	if b[host] == nil {
		return nil, &net.DNSError{Err: "no such host", Name: host, IsNotFound: true}
	}
	return out, nil
}

var names = book{
	"dual.example":  {"192.0.2.1", "2001:db8::1"},
	"v4.example":    {"192.0.2.7"},
	"alias.example": {"192.0.2.7"},

	"blocked.example": {"0.0.0.0", "::"},
	"group.example":   {"224.0.0.1"},
}

func parsed(t *testing.T, expr string) Targets {
	t.Helper()
	if expr == "" {
		return Targets{}
	}
	ts, err := Parse(expr)
	if err != nil {
		t.Fatal(err)
	}
	return ts
}

// machine has one interface.
func machine() ([]Interface, error) {
	return []Interface{{Name: "lan0", Index: 7, Prefixes: []netip.Prefix{netip.MustParsePrefix("198.18.5.1/24"), netip.MustParsePrefix("2001:db8:5::1/64"), netip.MustParsePrefix("fe80::7/64")}}}, nil
}

// resolve asks for targets where those without a port are asked port 22.
func resolve(t *testing.T, family Family, targets, exclude string) (Found, error) {
	return Resolve(t.Context(), Request{
		Targets: parsed(t, targets), Exclude: parsed(t, exclude), Family: family,
		Resolver: names, Interfaces: machine, Common: func(port uint16) bool { return port == 22 },
	})
}

func TestResolve(t *testing.T) {
	for _, test := range []struct {
		name, targets, exclude string
		family                 Family
		want, problems         []string
	}{
		{
			name: "every address of a name, grouped under it", targets: "dual.example,192.0.2.9", family: Any,
			want: []string{"192.0.2.1 dual.example", "2001:db8::1 dual.example", "192.0.2.9"},
		},
		{
			name: "one family", targets: "dual.example", family: IPv6,
			want: []string{"2001:db8::1 dual.example"},
		},
		{
			name: "no address in the family", targets: "v4.example,::1", family: IPv6,
			want:     []string{"::1"},
			problems: []string{"v4.example: no IPv6 address, and -6 or --source asks for nothing else"},
		},
		{
			name: "an unresolved name leaves the others", targets: "gone.example,192.0.2.1", family: Any,
			want:     []string{"192.0.2.1"},
			problems: []string{"gone.example: no such host; check the spelling"},
		},
		{
			name: "an address once, under its first name", targets: "v4.example,alias.example,192.0.2.7,192.0.2.6/31", family: Any,
			want: []string{"192.0.2.7 v4.example", "192.0.2.6"},
		},
		{
			name: "overlapping ranges merge", targets: "192.0.2.2-4,192.0.2.0/30", family: Any,
			want: []string{"192.0.2.0", "192.0.2.1", "192.0.2.2", "192.0.2.3", "192.0.2.4"},
		},
		{
			name: "excludes reach ranges and names", targets: "192.0.2.0/30,v4.example", exclude: "192.0.2.1-2,alias.example", family: Any,
			want: []string{"192.0.2.0", "192.0.2.3"},
		},
		{
			name: "zones keep addresses apart", targets: "fe80::1%lan0,fe80::1%7,fe80::1%lan0", family: Any,
			want: []string{"fe80::1%lan0", "fe80::1%7"},
		},
		{
			name: "a port makes a set of its own", targets: "192.0.2.1,192.0.2.1:8443", family: Any,
			want: []string{"192.0.2.1", "192.0.2.1 port 8443"},
		},
		{
			name: "a port that is asked anyway does not", targets: "192.0.2.1:22,192.0.2.0/30,192.0.2.1-9:22,v4.example,192.0.2.7:23", family: Any,
			want: []string{"192.0.2.4 port 22", "192.0.2.5 port 22", "192.0.2.6 port 22", "192.0.2.8 port 22", "192.0.2.9 port 22",
				"192.0.2.7 v4.example", "192.0.2.0", "192.0.2.1", "192.0.2.2", "192.0.2.3", "192.0.2.7 port 23"},
		},
		{
			name: "an octet list is in its order", targets: "192.0.2,3.9,1", family: Any,
			want: []string{"192.0.2.9", "192.0.2.1", "192.0.3.9", "192.0.3.1"},
		},
		{
			name: "this machine", targets: "0.0.0.0,::,0.0.0.0/30", family: Any,
			want:     []string{"0.0.0.0", "::", "0.0.0.1", "0.0.0.2", "0.0.0.3"},
			problems: []string{"0.0.0.0 is this machine itself: what answers there answers on localhost", ":: is this machine itself: what answers there answers on localhost"},
		},
		{
			name: "a name server that blocks", targets: "blocked.example,192.0.2.1", family: Any,
			want: []string{"192.0.2.1"},
			problems: []string{
				"blocked.example: it resolves to 0.0.0.0: which is this machine itself, as name servers do that block names; that address is not asked",
				"blocked.example: it resolves to ::: which is this machine itself, as name servers do that block names; that address is not asked",
			},
		},
		{
			name: "no hosts", targets: "group.example,223.255.255.255-224.0.0.9,198.18.5.255,198.18.5.254", family: Any,
			want: []string{"198.18.5.254", "223.255.255.255"},
			problems: []string{
				"group.example: it resolves to 224.0.0.1: a multicast address is not a host; that address is not asked",
				"198.18.5.255: the broadcast address of lan0 is not a host",
				"223.255.255.255-224.0.0.9: the multicast and broadcast addresses in it are no hosts, and are not asked",
			},
		},
		{
			name: "zones", targets: "fe80::1,fe80::1%nope,fe80::1%lan0:22,fe80::1%lan0,fe80::2%7,fe80::1-9", family: Any,
			want: []string{"fe80::1%lan0", "fe80::2%7"},
			problems: []string{
				"fe80::1: a link-local address needs its zone, such as fe80::1%lan0; the zones here are lan0",
				"fe80::1%nope: there is no zone nope; the zones here are lan0",
				"fe80::1%lan0:22: an IPv6 address with a port has brackets; write [fe80::1%lan0]:22",
				"fe80::1-9: link-local addresses need their zone, which a range cannot have; write single ones, such as fe80::1%lan0; the zones here are lan0",
			},
		},
		{
			name: "a range of link-local addresses alone", targets: "fe80::/64", family: Any,
			problems: []string{"fe80::/64: link-local addresses need their zone, which a range cannot have; write single ones, such as fe80::1%lan0; the zones here are lan0"},
		},
		{
			name: "the broadcast address within a range", targets: "198.18.5.252/30", family: Any,
			want:     []string{"198.18.5.252", "198.18.5.253", "198.18.5.254"},
			problems: []string{"198.18.5.252/30: 198.18.5.255 in it is the broadcast address of lan0, no host, and is not asked"},
		},
		{
			name: "IPv6 ranges cross a 64-bit boundary", targets: "2001:db8:0:0:ffff:ffff:ffff:ffff-2001:db8:0:1::1", family: Any,
			want: []string{"2001:db8::ffff:ffff:ffff:ffff", "2001:db8:0:1::", "2001:db8:0:1::1"},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			found, err := resolve(t, test.family, test.targets, test.exclude)
			if err != nil {
				t.Fatal(err)
			}
			var got, said []string
			for _, s := range found.Sets {
				for h := range s.All() {
					line := h.Addr.String()
					if h.Name != "" {
						line += " " + h.Name
					}
					if s.Port != 0 {
						line += fmt.Sprint(" port ", s.Port)
					}
					got = append(got, line)
				}
			}
			for _, p := range found.Unresolved {
				said = append(said, p.Error())
			}
			said = append(said, found.Notes...)
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("addresses (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(test.problems, said); diff != "" {
				t.Errorf("problems (-want +got):\n%s", diff)
			}
		})
	}
}

func TestResolveStops(t *testing.T) {
	for _, test := range []struct{ targets, exclude, want string }{
		{"192.0.2.1", "gone.example", "exclude: gone.example: no such host; check the spelling"},
		{"192.0.2.1", "192.0.2.1:22", "exclude: 192.0.2.1:22: an exclude is a whole address; use --exclude-ports for ports"},
		{"2001:db8::/64", "", "targets: 2001:db8::-2001:db8::ffff:ffff:ffff:ffff is too large: a scan takes at most 2^32 addresses (an IPv6 /96)"},
		{"0.0.0.0/0,2001:db8::/100,2001:db9::/100", "", "targets: 2001:db9::-2001:db9::fff:ffff is too large: a scan takes at most 2^32 addresses (an IPv6 /96)"},
	} {
		_, err := resolve(t, Any, test.targets, test.exclude)
		if err == nil || err.Error() != test.want {
			t.Errorf("Resolve(%s without %s):\n got %v\nwant %s", test.targets, test.exclude, err, test.want)
		}
	}
}

// TestLargeSetIsSmall holds a /8 to the memory of a single range.
func TestLargeSetIsSmall(t *testing.T) {
	allocs := testing.AllocsPerRun(10, func() {
		found, err := resolve(t, Any, "10.0.0.0/8", "")
		if err != nil || found.Sets[0].Len() != 1<<24 {
			t.Fatal(found, err)
		}
		if got := found.Sets[0].At(1<<24 - 1).Addr.String(); got != "10.255.255.255" {
			t.Errorf("the last address is %s", got)
		}
	})
	if allocs > 100 {
		t.Errorf("%v allocations for a /8", allocs)
	}
}
