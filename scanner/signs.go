package scanner

import (
	"context"
	"net/netip"
	"time"
)

// signs are the signs of life beside the answers of ports.
type signs struct {
	// echo begins to send echo requests, rate a second at most, as many as are
	// wanted if rate is 0. An error tells which of them are not available.
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

// neighbourTable tells who answered ARP or neighbor discovery recently, and how. An
// error is told once.
type neighbourTable interface {
	read(ctx context.Context, now time.Time) (map[netip.Addr]Reason, error)
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

func (noNeighbours) read(context.Context, time.Time) (map[netip.Addr]Reason, error) { return nil, nil }
func (noNeighbours) close()                                                         {}
