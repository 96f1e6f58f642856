package scanjob

import (
	"net"
	"net/netip"
	"sync"

	"porthole/scanner/verify"
)

// keptConns has the connections with which the scan found ports open, until these are
// asked what answers. So each port is connected to once, which is less work for its
// server and the network, and MySQL counts no client that connects and says nothing.
//
// A connection is kept only if the port will be asked soon: until then it takes up one
// of the server's connections, and the server may close it.
type keptConns struct {
	most int // ports at most that have a kept connection or are being asked

	mu    sync.Mutex
	conns map[netip.AddrPort]net.Conn
	busy  map[netip.Addr]int // such ports by host
	n     int                // such ports in all
	over  bool
}

func newKeptConns(most int) *keptConns {
	return &keptConns{most: most, conns: make(map[netip.AddrPort]net.Conn), busy: make(map[netip.Addr]int)}
}

// keep is for [scanner.Scanner.Keep].
func (k *keptConns) keep(addr netip.AddrPort, conn net.Conn) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.over || k.conns[addr] != nil || k.n >= k.most || k.busy[addr.Addr()] >= verify.DefaultPerHost {
		return false
	}
	k.conns[addr] = conn
	k.count(addr.Addr(), 1)
	return true
}

// take returns the connection to a port that is about to be asked, or nil. The caller
// calls done afterwards.
func (k *keptConns) take(addr netip.AddrPort) net.Conn {
	k.mu.Lock()
	defer k.mu.Unlock()
	conn := k.conns[addr]
	if conn == nil {
		k.count(addr.Addr(), 1)
	}
	delete(k.conns, addr)
	return conn
}

// done notes that a port has been asked.
func (k *keptConns) done(addr netip.AddrPort) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.count(addr.Addr(), -1)
}

// drop closes the connection to a port that is not going to be asked.
func (k *keptConns) drop(addr netip.AddrPort) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if conn := k.conns[addr]; conn != nil {
		conn.Close()
		delete(k.conns, addr)
		k.count(addr.Addr(), -1)
	}
}

// close closes all connections that were not taken.
func (k *keptConns) close() {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.over = true
	for addr, conn := range k.conns {
		conn.Close()
		delete(k.conns, addr)
	}
}

func (k *keptConns) count(host netip.Addr, by int) {
	k.n += by
	if k.busy[host] += by; k.busy[host] == 0 {
		delete(k.busy, host)
	}
}
