package verify

import (
	"net/netip"
	"sync"
)

// inUse makes sure that a port which is among the targets twice is not asked twice at
// once, and that not too many ports of a host are.
type inUse struct {
	perHost int

	mu    sync.Mutex
	ports map[portKey]*semaphore
	hosts map[netip.Addr]*semaphore
}

type portKey struct {
	proto string
	addr  netip.AddrPort
}

// semaphore lets a number of goroutines in at a time.
type semaphore struct {
	slots chan struct{}
	users int // who are in or wait
}

// enter waits until the port of t may be asked. leaveHost may be called before leavePort,
// and twice.
func (u *inUse) enter(t Target) (leaveHost, leavePort func()) {
	leavePort = take(&u.mu, &u.ports, portKey{t.Proto, t.Addr}, 1)
	leaveHost = take(&u.mu, &u.hosts, t.Addr.Addr(), u.perHost)
	return sync.OnceFunc(leaveHost), leavePort
}

// take waits for one of the slots of a key.
func take[K comparable](mu *sync.Mutex, all *map[K]*semaphore, key K, slots int) (leave func()) {
	mu.Lock()
	if *all == nil {
		*all = make(map[K]*semaphore)
	}
	s := (*all)[key]
	if s == nil {
		s = &semaphore{slots: make(chan struct{}, slots)}
		(*all)[key] = s
	}
	s.users++
	mu.Unlock()
	s.slots <- struct{}{}
	return func() {
		<-s.slots
		mu.Lock()
		defer mu.Unlock()
		if s.users--; s.users == 0 {
			delete(*all, key)
		}
	}
}
