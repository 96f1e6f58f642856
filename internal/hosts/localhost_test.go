package hosts

import (
	"errors"
	"net/netip"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestLocalhost(t *testing.T) {
	v4, v6 := netip.MustParsePrefix("127.0.0.1/8"), netip.MustParsePrefix("::1/128")
	others := book{"other.example": {"192.0.2.1"}}
	for _, test := range []struct {
		name, network, host string

		loopback []netip.Prefix
		want     []string
	}{
		{"both families", "ip", "localhost", []netip.Prefix{v4, v6}, []string{"127.0.0.1", "::1"}},
		{"IPv6 is off", "ip", "localhost", []netip.Prefix{v4}, []string{"127.0.0.1"}},
		{"one family", "ip6", "LOCALHOST.", []netip.Prefix{v4, v6}, []string{"::1"}},
		{"a name below it", "ip", "app.localhost", []netip.Prefix{v4, v6}, []string{"127.0.0.1", "::1"}},
		{"other names are left alone", "ip", "other.example", []netip.Prefix{v4, v6}, []string{"192.0.2.1"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			l := Localhost{others, func() ([]Interface, error) { return []Interface{{Name: "lo", Prefixes: test.loopback}}, nil }}
			addrs, err := l.LookupNetIP(t.Context(), test.network, test.host)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, a := range addrs {
				got = append(got, a.String())
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// TestNoLoopback holds that no name server is asked where the interface is down.
func TestNoLoopback(t *testing.T) {
	l := Localhost{nil, func() ([]Interface, error) { return []Interface{{Name: "lo"}}, nil }}
	if addrs, err := l.LookupNetIP(t.Context(), "ip", "localhost"); err != errNoLoopback {
		t.Errorf("%v, %v", addrs, err)
	}
}

// TestLocalhostUnread holds that both addresses stand for it where the interfaces
// cannot be listed.
func TestLocalhostUnread(t *testing.T) {
	l := Localhost{book{}, func() ([]Interface, error) { return nil, errors.New("no netlink") }}
	addrs, err := l.LookupNetIP(t.Context(), "ip", "localhost")
	if err != nil || len(addrs) != 2 {
		t.Errorf("%v, %v", addrs, err)
	}
}
