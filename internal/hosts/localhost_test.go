package hosts

import (
	"net"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestLocalhost(t *testing.T) {
	v4 := &net.IPNet{IP: net.IPv4(127, 0, 0, 1), Mask: net.CIDRMask(8, 32)}
	v6 := &net.IPNet{IP: net.IPv6loopback, Mask: net.CIDRMask(128, 128)}
	hostsFile := book{"localhost": {"127.0.0.1"}, "other.example": {"192.0.2.1"}}
	for _, test := range []struct {
		name, network, host string
		resolver            book
		interfaces          []net.Addr
		want                []string
	}{
		{"the hosts file forgets ::1", "ip", "localhost", hostsFile, []net.Addr{v4, v6}, []string{"127.0.0.1", "::1"}},
		{"IPv6 is off", "ip", "localhost", hostsFile, []net.Addr{v4}, []string{"127.0.0.1"}},
		{"one family", "ip6", "LOCALHOST.", hostsFile, []net.Addr{v4, v6}, []string{"::1"}},
		{"a name below it that no resolver knows", "ip", "app.localhost", hostsFile, []net.Addr{v4, v6}, []string{"127.0.0.1", "::1"}},
		{"other names are left alone", "ip", "other.example", hostsFile, []net.Addr{v4, v6}, []string{"192.0.2.1"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			l := Localhost{test.resolver, func() ([]net.Addr, error) { return test.interfaces, nil }}
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
