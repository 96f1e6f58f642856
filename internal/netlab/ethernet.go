package netlab

import (
	"errors"
	"fmt"
	"io/fs"
	"net/netip"
	"os"
	"slices"
	"strings"
)

// EthernetDevice is the name of the device that [Lab.Ethernet] makes on either
// side.
const EthernetDevice = "lan"

// Ethernet joins both sides by an Ethernet besides the link, on which they are
// neighbours. The scanner side has own, an address with the length of its
// network, and the target side the addresses alive. Nobody has the others of
// that network: they answer neither ARP nor neighbour discovery. The scanner
// side gives a neighbour up after 150 ms, where Linux takes 3 s by default
// (net.ipv4.neigh.*.retrans_time_ms), and says so of all of them at once, where
// Linux stops after some 50 errors (net.ipv4.icmp_msgs_burst, if namespaces have
// their own).
//
// The network must lie in the same ranges as [Config.Targets], but outside of
// these. Ethernet may be called once; it fails with an [UnavailableError] if
// this kernel has no veth devices.
func (l *Lab) Ethernet(own netip.Prefix, alive ...netip.Addr) error {
	if err := l.checkEthernet(own, alive); err != nil {
		return fmt.Errorf("netlab: %w", err)
	}
	far := fmt.Sprintf("/proc/%d/fd/%d", os.Getpid(), l.target.handle.Fd())
	err := l.scanner.feed(fmt.Sprintf("link add name %s type veth peer name %s netns %s\n", EthernetDevice, EthernetDevice, far), "ip", "-batch", "-")
	if err != nil && strings.Contains(err.Error(), "Unknown device type") {
		return &UnavailableError{"this kernel has no veth devices"}
	}
	if err != nil {
		return err
	}
	family := "ipv4"
	if own.Addr().Is6() {
		family = "ipv6"
	}
	if err := l.scanner.Sysctl("net."+family+".neigh."+EthernetDevice+".retrans_time_ms", "50"); err != nil {
		return err
	}
	if err := l.scanner.Sysctl("net.ipv4.icmp_msgs_burst", "10000"); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := l.target.attach(own.Bits(), alive...); err != nil {
		return err
	}
	return l.scanner.attach(own.Bits(), own.Addr())
}

// checkEthernet refuses networks that somebody might own, or that the link
// leads to already.
func (l *Lab) checkEthernet(own netip.Prefix, alive []netip.Addr) error {
	network := own.Masked()
	if !slices.ContainsFunc(spareRanges(), func(r netip.Prefix) bool { return within(network, r) }) {
		return fmt.Errorf("network %v may belong to somebody: use a part of %v", network, spareRanges())
	}
	if i := slices.IndexFunc(l.cfg.Targets, network.Overlaps); i >= 0 {
		return fmt.Errorf("network %v overlaps with target %v, which the link leads to", network, l.cfg.Targets[i])
	}
	for _, a := range append(scannerAddrs(true), targetAddrs(true)...) {
		if network.Contains(a) {
			return fmt.Errorf("network %v holds an address of the link itself (%v)", network, a)
		}
	}
	for _, a := range alive {
		if !network.Contains(a) || a == own.Addr() {
			return fmt.Errorf("address %v is to be alive but is no neighbour of %v", a, own)
		}
	}
	return nil
}

// attach gives addresses to this side's Ethernet device and brings it up.
func (n *Namespace) attach(bits int, addrs ...netip.Addr) error {
	lines := []string{fmt.Sprintf("link set %s up", EthernetDevice)}
	for _, a := range addrs {
		line := fmt.Sprintf("address add %v/%d dev %s", a, bits, EthernetDevice)
		if a.Is6() {
			line += " nodad"
		}
		lines = append(lines, line)
	}
	if err := n.feed(strings.Join(lines, "\n")+"\n", "ip", "-batch", "-"); err != nil {
		return err
	}
	return n.awaitAddresses(addrs)
}
