package sockets

import (
	"slices"
	"testing"

	"porthole/internal/sockdiag"
)

// TestUsesMPTCP reads lines as Linux 6.18 writes them.
func TestUsesMPTCP(t *testing.T) {
	const head = "protocol  size sockets  memory press maxhdr  slab module     cl co di\nTCP       2480     14       1   no     320   yes  kernel      y  y  y\n"
	for _, test := range []struct {
		lines string
		want  []uint8
	}{
		{"", nil},
		{"MPTCPv6   2064      0       7   no       0   yes  kernel      y  y  y\nMPTCP     1936      0       7   no       0   yes  kernel      y  y  y\n", nil},
		{"MPTCPv6   2064      0       7   no       0   yes  kernel      y  y  y\nMPTCP     1936      3       7   no       0   yes  kernel      y  y  y\n", []uint8{sockdiag.IPv4}},
		{"MPTCPv6   2064     12       7   no       0   yes  kernel      y  y  y\nMPTCP     1936      3       7   no       0   yes  kernel      y  y  y\n", []uint8{sockdiag.IPv6, sockdiag.IPv4}},
		{"MPTCP\n", nil},
	} {
		if got := usesMPTCP(head + test.lines); !slices.Equal(got, test.want) {
			t.Errorf("%q: %v, want %v", test.lines, got, test.want)
		}
	}
}
