//go:build !linux

package scanner

import (
	"net/netip"
	"testing"
)

// fullBacklog skips: other systems refuse or accept what does not fit.
func fullBacklog(t *testing.T, _ netip.Addr) netip.AddrPort {
	t.Skip("only Linux drops a SYN when the listener's queue is full")
	return netip.AddrPort{}
}
