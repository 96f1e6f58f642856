package netlab

import (
	"math/rand/v2"
	"net/netip"
	"slices"
)

// PickPorts returns n different ports in ascending order, chosen from 1 to
// 65535 by seed. It returns all of them if n is larger.
func PickPorts(n int, seed uint64) []uint16 {
	var ports []uint16
	for _, i := range pick(n, 65535, seed) {
		ports = append(ports, uint16(i+1))
	}
	return ports
}

// PickAddrs returns n different addresses of p in ascending order, chosen by
// seed from the first 2^32 at most, or all of those if n is larger.
func PickAddrs(p netip.Prefix, n int, seed uint64) []netip.Addr {
	size := uint64(1) << min(32, p.Addr().BitLen()-p.Bits())
	var addrs []netip.Addr
	for _, i := range pick(n, size, seed) {
		b := p.Masked().Addr().AsSlice()
		for at := len(b) - 1; i > 0; at-- {
			b[at] |= byte(i)
			i >>= 8
		}
		a, _ := netip.AddrFromSlice(b) // of a length it just had
		addrs = append(addrs, a)
	}
	return addrs
}

// pick returns min(n, size) different numbers below size, ascending.
func pick(n int, size, seed uint64) []uint64 {
	n = int(min(uint64(max(n, 0)), size))
	rng := rand.New(rand.NewPCG(seed, size))
	chosen := make(map[uint64]bool, n)
	numbers := make([]uint64, 0, n)
	// Floyd's sampling: each step adds exactly one number.
	for top := size - uint64(n); top < size; top++ {
		i := rng.Uint64N(top + 1)
		if chosen[i] {
			i = top
		}
		chosen[i] = true
		numbers = append(numbers, i)
	}
	slices.Sort(numbers)
	return numbers
}

// OnPorts joins an address with each port.
func OnPorts(addr netip.Addr, ports ...uint16) []netip.AddrPort {
	joined := make([]netip.AddrPort, len(ports))
	for i, p := range ports {
		joined[i] = netip.AddrPortFrom(addr, p)
	}
	return joined
}
