package hosts

import (
	"fmt"
	"net/netip"
)

// ParseNetwork reads an address or a network, which host bits may stand in. An
// address is a network of its own.
func ParseNetwork(text string) (netip.Prefix, error) {
	if addr, err := netip.ParseAddr(text); err == nil {
		return netip.PrefixFrom(addr, addr.BitLen()), nil
	}
	network, err := netip.ParsePrefix(text)
	if err != nil {
		return network, fmt.Errorf("%q is neither an address nor a network; write 192.0.2.0/24", text)
	}
	return network.Masked(), nil
}
