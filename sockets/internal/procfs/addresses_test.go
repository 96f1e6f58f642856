package procfs

import (
	"io"
	"net/netip"
	"strings"
	"testing"
)

func FuzzAddrs(f *testing.F) {
	f.Add(`Main:
  +-- 0.0.0.0/0 3 0 5
     |-- 0.0.0.0
        /0 universe UNICAST
Local:
        |-- 172.17.0.2
           /32 host LOCAL
`)
	f.Add("fd000000000000000000000000000002 02 40 00 80     eth0\n")
	f.Add("|-- ::1\n/32 host LOCAL\n")
	f.Fuzz(func(t *testing.T, text string) {
		for _, parse := range []func(io.Reader) ([]netip.Addr, error){ParseLocalRoutes, ParseInet6} {
			addrs, err := parse(strings.NewReader(text))
			if err != nil && addrs != nil {
				t.Errorf("%v and %v", addrs, err)
			}
			for _, a := range addrs {
				if !a.IsValid() {
					t.Errorf("%q holds no address", text)
				}
			}
		}
	})
}
