package scanner

import (
	"context"
	"net/netip"
	"time"
)

// discoveryMethods are the ways to find out that a host is alive, other than by its
// ports.
type discoveryMethods struct {
	// echo opens what sends echo requests, at most rate a second; a rate of 0 is no
	// limit. An error says which kinds of them cannot be sent.
	echo func(rate float64) (echoer, error)
	// neighbours opens the neighbour table.
	neighbours func() neighbourTable
}

// echoer sends echo requests. Only replies and sent may be used by another
// goroutine.
type echoer interface {
	asks(netip.Addr) bool       // whether addresses like this are sent requests
	send(netip.Addr, int) int64 // sends its n-th request soon, and returns the number among all
	done(int64) bool            // whether the request of that number has left
	replies() <-chan echoReply  // who answered
	sent() int64                // requests that have left
	close()
}

// echoReply is the answer to the n-th echo request to an address.
type echoReply struct {
	from netip.Addr
	nth  int
}

// neighbourTable tells whether a host answered ARP or neighbor discovery recently, by
// [ReasonARP] or [ReasonNDP], on the link by which it is asked. An error is returned once.
type neighbourTable interface {
	answered(ctx context.Context, a netip.Addr, now time.Time) (Reason, error)
	close()
}

// noEcho sends none.
type noEcho struct{}

func (noEcho) asks(netip.Addr) bool       { return false }
func (noEcho) send(netip.Addr, int) int64 { return 0 }
func (noEcho) done(int64) bool            { return true }
func (noEcho) replies() <-chan echoReply  { return nil }
func (noEcho) sent() int64                { return 0 }
func (noEcho) close()                     {}

// noNeighbours is an empty table.
type noNeighbours struct{}

func (noNeighbours) answered(context.Context, netip.Addr, time.Time) (Reason, error) {
	return ReasonNone, nil
}
func (noNeighbours) close() {}
