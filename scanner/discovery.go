package scanner

import (
	"context"
	"iter"
	"net/netip"
)

// HostStatus is what discovery found out about one address.
type HostStatus struct {
	Host string // the name that the address was found by, or ""
	Addr netip.Addr

	// Alive is true if something answered for the address, by a refusal as
	// well as by a connection, or if this machine could not ask. It is false
	// only if every probe stayed silent or the address was called unreachable.
	Alive    bool
	Evidence Result // the verdict that decided
}

// DiscoveryPorts are the TCP ports that [Scanner.Discover] probes on each
// address. A host without a firewall answers on any port. One with a firewall
// most likely lets one of these pass: web servers, remote logins of Unix and
// Windows, Windows file sharing, mail.
func DiscoveryPorts() []uint16 {
	return []uint16{443, 80, 22, 3389, 445, 25}
}

// Discover probes [DiscoveryPorts] on each address and yields the status of
// every address once, as soon as it is known. The addresses come each with the
// name that it was found by, and are taken in the order given; a [Plan] with a
// single port has them in an order that spreads the load over networks. Each
// port gets one attempt, since the other ports make up for a lost one. The
// other settings of s hold, and Stats is called.
//
// As with [Scanner.Scan] the error is nil beside every HostStatus. It is set
// once, in a last pair, when discovery ended early.
func (s *Scanner) Discover(ctx context.Context, addresses iter.Seq2[string, netip.Addr]) iter.Seq2[HostStatus, error] {
	return func(yield func(HostStatus, error) bool) {
		once := *s
		once.Attempts = 1
		ports := DiscoveryPorts()
		pending := make(discovery)
		for r, err := range once.Scan(ctx, discoveryProbes(addresses, ports)) {
			if err != nil {
				yield(HostStatus{}, err)
				return
			}
			if status, ok := pending.take(r, len(ports)); ok && !yield(status, nil) {
				return
			}
		}
	}
}

// discoveryProbes is every port of every address. The ports of one address
// follow each other, so that it is soon done with.
func discoveryProbes(addresses iter.Seq2[string, netip.Addr], ports []uint16) iter.Seq[Target] {
	return func(yield func(Target) bool) {
		for host, addr := range addresses {
			for _, port := range ports {
				if !yield(Target{Proto: "tcp", Addr: netip.AddrPortFrom(addr, port), Host: host}) {
					return
				}
			}
		}
	}
}

// hostKey tells hosts apart: an address that was found by two names is two.
type hostKey struct {
	host string
	addr netip.Addr
}

// discovery holds the addresses that wait for verdicts.
type discovery map[hostKey]pendingHost

type pendingHost struct {
	verdicts int
	decided  bool // its status was yielded
}

// take counts one of a host's verdicts and returns the host's status if this
// verdict decides it.
func (d discovery) take(r Result, ports int) (status HostStatus, ok bool) {
	key := hostKey{r.Host, r.Addr.Addr()}
	h := d[key]
	h.verdicts++
	alive, down := hostIs(r)
	last := h.verdicts == ports
	ok = !h.decided && (alive || down || last)
	h.decided = h.decided || ok
	if last {
		delete(d, key)
	} else {
		d[key] = h
	}
	return HostStatus{Host: r.Host, Addr: r.Addr.Addr(), Alive: alive, Evidence: r}, ok
}

// hostIs is what a verdict says about its host; silence says neither. Host
// unreachable is the answer of the last router, or of this machine when nobody
// answers ARP or neighbor discovery. A prohibition is somebody's answer.
func hostIs(r Result) (alive, down bool) {
	switch r.Reason {
	case ReasonNoResponse:
		return false, false
	case ReasonHostUnreach, ReasonNetUnreach:
		return false, true
	}
	return true, false
}
