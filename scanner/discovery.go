package scanner

import (
	"context"
	"iter"
	"net/netip"
	"time"
)

// HostStatus is what discovery found out about one address.
type HostStatus struct {
	Host string // the name that the address was found by, or ""
	Addr netip.Addr

	// Alive is true if anything answered for the address, a refusal as well as a
	// connection, or if this machine could not ask. It is false only if there was no
	// answer, or none but routers that called the address unreachable.
	Alive    bool
	Evidence Result // the verdict that decided; its Reason says how an address is known to be alive
	Asked    int    // discovery probes: one for each port, and 1 for echo requests
}

// Discovery says how [Scanner.Discover] asks an address. The zero value asks by
// echo requests and the neighbour table alone.
type Discovery struct {
	// TCP and UDP are the ports that each address is asked, those that most likely
	// answer first. A host without a firewall answers on any port. A firewall most
	// likely lets one of [DiscoveryPorts] pass, or a port that the scan is about.
	TCP, UDP []uint16

	// AllAsked, if not nil, is called when every address has been asked and has its
	// status. Discover then goes on listening, until [Scanner.Timeout] is over, to those
	// that were asked last and are down: one that answers is yielded again, alive. rest
	// is how long an answer to their first probes may still take; 0 if no address is
	// down. If AllAsked is nil, Discover waits for these answers and yields each address
	// once.
	AllAsked func(rest time.Duration)

	// Unable, if not nil, is called once for each kind of probe that this process
	// cannot send, with the reason. Echo requests, for example, need permission by
	// net.ipv4.ping_group_range.
	Unable func(error)
}

// DiscoveryPorts are TCP ports that hosts behind a firewall most likely let pass:
// web servers, remote logins of Unix and Windows, Windows file sharing, mail.
func DiscoveryPorts() []uint16 {
	return []uint16{443, 80, 22, 3389, 445, 25}
}

// Discover finds out which addresses are alive. It asks ports, sends ICMP echo
// requests where this process may (Linux: ping sockets, see icmp(7)), and reads in
// the neighbour table who answered ARP or neighbor discovery on the link.
//
// Each address comes with the name that it was found by. Addresses are taken in the
// order given; a [Plan] with a single port has them in an order that spreads the load
// over networks. The status of an address is yielded once, as soon as it is known; with
// [Discovery.AllAsked], an address that answers late is yielded again. A silent address
// is asked again where probes were found to get lost, and is down if nothing answered
// within [Scanner.Timeout]. The other settings of s hold, and Stats is called.
//
// As with [Scanner.Scan] the error is nil beside every HostStatus. It is set
// once, in a last pair, when discovery ended early.
func (s *Scanner) Discover(ctx context.Context, d Discovery, addresses iter.Seq2[string, netip.Addr]) iter.Seq2[HostStatus, error] {
	return func(yield func(HostStatus, error) bool) {
		r := newDiscoveryRun(s, d)
		defer r.close()
		if err := r.run(ctx, addresses, yield); err != nil {
			yield(HostStatus{}, err)
		}
	}
}

// ShowsLife reports whether a verdict with this reason speaks for the address being
// alive. It does not for silence, nor for host and net unreachable, which routers send,
// and this machine reports when nobody answers ARP or neighbor discovery. A prohibition
// does: something is there to send it. So does a local error, since an address that
// could not be asked must not be given up.
func (r Reason) ShowsLife() bool {
	return r != ReasonNoResponse && r != ReasonHostUnreach && r != ReasonNetUnreach
}
