package scanner

import (
	"context"
	"iter"
	"net/netip"
)

// Presence is what discovery found out about one address.
type Presence struct {
	Host string // the name that the address was found by, or ""
	Addr netip.Addr

	// Alive reports that something answered for the address, a refusal as much
	// as a connection, or that this machine could not ask. Only an address
	// that was asked and stayed silent, or that its network calls unreachable,
	// is taken for dead.
	Alive    bool
	Evidence Result // the verdict that decided
}

// tellingPorts are the TCP ports that discovery asks. A host without a firewall
// answers on any port; one with a firewall most likely lets one of these pass:
// web servers, remote logins of Unix and Windows, Windows file sharing, mail.
func tellingPorts() [tellingCount]uint16 {
	return [...]uint16{443, 80, 22, 3389, 445, 25}
}

const tellingCount = 6

// Knocks is how many attempts [Scanner.Discover] makes for one address.
func Knocks() int { return tellingCount }

// Discover asks a handful of telling TCP ports of each address and yields every
// one once, alive or not, as soon as that is known. It takes the addresses in
// the order given, each with the name that it was found by, and pulls them as
// it gets to them; a [Plan] of one port has them in an order that spares
// networks. Each port is asked once, since the others make up for an attempt
// that was lost; the other settings of s hold.
//
// As with [Scanner.Scan] the error is nil beside every Presence. It is set
// once, in a last pair, when discovery ended early.
func (s *Scanner) Discover(ctx context.Context, addresses iter.Seq2[string, netip.Addr]) iter.Seq2[Presence, error] {
	return func(yield func(Presence, error) bool) {
		quick := *s
		quick.Attempts, quick.Report = 1, nil
		roll := roll{}
		for r, err := range quick.Scan(ctx, knocks(addresses)) {
			if err != nil {
				yield(Presence{}, err)
				return
			}
			if p, ok := roll.note(r); ok && !yield(p, nil) {
				return
			}
		}
	}
}

// knocks is every telling port of every address, those of one in a row: what
// has to be remembered of an address ends soon after it began.
func knocks(addresses iter.Seq2[string, netip.Addr]) iter.Seq[Target] {
	return func(yield func(Target) bool) {
		for host, addr := range addresses {
			for _, port := range tellingPorts() {
				if !yield(Target{Proto: "tcp", Addr: netip.AddrPortFrom(addr, port), Host: host}) {
					return
				}
			}
		}
	}
}

// roll holds the addresses that were asked and are not done with.
type roll map[hostKey]rollEntry

type rollEntry struct {
	verdicts int  // of the telling ports
	decided  bool // the address was yielded
}

// note takes in one verdict and returns its address if that decides about it.
func (l roll) note(r Result) (p Presence, ok bool) {
	key := hostKey{r.Host, r.Addr.Addr()}
	e := l[key]
	e.verdicts++
	life, death := vitality(r)
	last := e.verdicts == tellingCount
	ok = !e.decided && (life || death || last)
	e.decided = e.decided || ok
	if last {
		delete(l, key)
	} else {
		l[key] = e
	}
	return Presence{Host: r.Host, Addr: r.Addr.Addr(), Alive: life, Evidence: r}, ok
}

// vitality is what a verdict says about its host. Host unreachable is what the
// last router answers, or this machine when nobody answers ARP or neighbour
// discovery; a prohibition is somebody's answer.
func vitality(r Result) (life, death bool) {
	switch r.Reason {
	case ReasonNoResponse:
		return false, false
	case ReasonHostUnreach, ReasonNetUnreach:
		return false, true
	}
	return true, false
}
