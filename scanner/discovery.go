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

	// Alive is true if something answered for the address, by a refusal as
	// well as by a connection, or if this machine could not ask. It is false
	// only if nothing was answered, or if routers called it unreachable and nothing
	// else was answered.
	Alive    bool
	Evidence Result // the verdict that decided; its Reason tells by what an address is known to be alive
	Asked    int    // questions: ports, and 1 for echo requests
}

// Discovery says how [Scanner.Discover] asks an address. The zero value asks by
// echo requests and the neighbour table alone.
type Discovery struct {
	// TCP and UDP are the ports that each address is asked, those that most
	// likely answer first. A host without a firewall answers on any port. One
	// with a firewall most likely lets one of [DiscoveryPorts] pass, or what
	// one came to ask.
	TCP, UDP []uint16

	// AllAsked, if not nil, is called when every address has been asked and has its
	// status. Addresses that were asked last are reported down by then, but are listened
	// to until [Scanner.Timeout] is over: one that answers is yielded again, alive. Rest
	// is how long an answer to the first questions may still be on its way; 0 if no
	// address is down. If AllAsked is nil, Discover waits for these answers and yields
	// each address once.
	AllAsked func(rest time.Duration)

	// Unable, if not nil, is called once for each kind of request that this process
	// cannot send, with the reason: for echo requests where net.ipv4.ping_group_range
	// does not allow them.
	Unable func(error)
}

// DiscoveryPorts are TCP ports that hosts behind a firewall most likely let pass:
// web servers, remote logins of Unix and Windows, Windows file sharing, mail.
func DiscoveryPorts() []uint16 {
	return []uint16{443, 80, 22, 3389, 445, 25}
}

// Discover finds out which addresses are alive. It asks ports, sends ICMP echo
// requests where this process may (Linux: ping sockets, see icmp(7)), and reads in
// the neighbour table who answered ARP or neighbor discovery on the link. It yields
// the status of every address once, as soon as it is known; with
// [Discovery.AllAsked] an address that answers late is yielded again. The addresses come each with the name that it was found by,
// and are taken in the order given; a [Plan] with a single port has them in an order
// that spreads the load over networks. An address that stays silent is asked again
// as far as questions were found to get lost, and is down when nothing was answered
// for Timeout. The other settings of s hold, and Stats is called.
//
// As with [Scanner.Scan] the error is nil beside every HostStatus. It is set
// once, in a last pair, when discovery ended early.
func (s *Scanner) Discover(ctx context.Context, d Discovery, addresses iter.Seq2[string, netip.Addr]) iter.Seq2[HostStatus, error] {
	return func(yield func(HostStatus, error) bool) {
		l := newDiscoveryRun(s, d)
		defer l.close()
		if err := l.run(ctx, addresses, yield); err != nil {
			yield(HostStatus{}, err)
		}
	}
}

// ShowsLife reports whether a verdict for this reason shows that something answers
// for the address. Host and net unreachable are the answers of routers, the first also
// of this machine when nobody answers ARP or neighbor discovery: they say nothing of other
// questions. A prohibition is somebody's answer. What could not be asked is no reason
// to give an address up.
func (r Reason) ShowsLife() bool {
	return r != ReasonNoResponse && r != ReasonHostUnreach && r != ReasonNetUnreach
}
