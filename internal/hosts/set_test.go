package hosts

import (
	"context"
	"net"
	"net/netip"
	"slices"
	"strings"
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
}

func parse(t *testing.T, expr string) []Target {
	t.Helper()
	if expr == "" {
		return nil
	}
	ts, err := Parse(expr)
	if err != nil {
		t.Fatal(err)
	}
	return ts
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
			problems: []string{"v4.example: no IPv6 address, and -6 asks for nothing else"},
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
			name: "zones keep addresses apart", targets: "fe80::1%a,fe80::1%b,fe80::1%a", family: Any,
			want: []string{"fe80::1%a", "fe80::1%b"},
		},
		{
			name: "a port makes a set of its own", targets: "192.0.2.1,192.0.2.1:8443", family: Any,
			want: []string{"192.0.2.1", "192.0.2.1 port 8443"},
		},
		{
			name: "IPv6 ranges cross a 64-bit boundary", targets: "2001:db8:0:0:ffff:ffff:ffff:ffff-2001:db8:0:1::1", family: Any,
			want: []string{"2001:db8::ffff:ffff:ffff:ffff", "2001:db8:0:1::", "2001:db8:0:1::1"},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			sets, problems, err := Resolve(t.Context(), names, test.family, parse(t, test.targets), parse(t, test.exclude))
			if err != nil {
				t.Fatal(err)
			}
			var got, said []string
			for _, s := range sets {
				for h := range s.All() {
					line := h.Addr.String()
					if h.Name != "" {
						line += " " + h.Name
					}
					if s.Port != 0 {
						line += " port 8443"
					}
					got = append(got, line)
				}
			}
			for _, p := range problems {
				said = append(said, p.Error())
			}
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
		{"0.0.0.0/0,::1", "", "targets: 0.0.0.0-255.255.255.255 is too large: a scan takes at most 2^32 addresses (an IPv6 /96)"},
	} {
		_, _, err := Resolve(t.Context(), names, Any, parse(t, test.targets), parse(t, test.exclude))
		if err == nil || err.Error() != test.want {
			t.Errorf("Resolve(%s without %s):\n got %v\nwant %s", test.targets, test.exclude, err, test.want)
		}
	}
}

// TestLargeSetIsSmall holds a /8 to the memory of a single range.
func TestLargeSetIsSmall(t *testing.T) {
	targets := parse(t, "10.0.0.0/8")
	allocs := testing.AllocsPerRun(10, func() {
		sets, _, err := Resolve(t.Context(), names, Any, targets, nil)
		if err != nil || sets[0].Len() != 1<<24 {
			t.Fatal(sets, err)
		}
		if got := sets[0].At(1<<24 - 1).Addr.String(); got != "10.255.255.255" {
			t.Errorf("the last address is %s", got)
		}
	})
	if allocs > 100 {
		t.Errorf("%v allocations for a /8", allocs)
	}
}

func TestReadList(t *testing.T) {
	got, err := ReadList(strings.NewReader("# hosts\nexample.com 192.0.2.1,192.0.2.2 # two\n\n[::1]:22\n"), "hosts.txt")
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"example.com", "192.0.2.1-192.0.2.1", "192.0.2.2-192.0.2.2", "::1-::1 port 22"}
	if !slices.Equal(shown(got), want) {
		t.Errorf("got %q, want %q", shown(got), want)
	}
	_, err = ReadList(strings.NewReader("example.com\n192.0.2.999\n"), "hosts.txt")
	if want := `hosts.txt:2: bad target "192.0.2.999": not an IP address`; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}
