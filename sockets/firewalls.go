package sockets

import (
	"context"

	"porthole/internal/firewall"
)

// Firewalls is how much to read of what keeps connections out. On systems other than
// Linux nothing is read.
type Firewalls uint8

const (
	FirewallsNone  Firewalls = iota // nothing
	FirewallsRules                  // where a socket waits for others than loopback: the rules; and interfaces and routes, if there are rules or the socket's interface is down or a part of another
	FirewallsAll                    // all of these, also where there are no rules
)

// Namespace is a network namespace that was listed.
type Namespace struct {
	Inode uint64
	Name  string // as in Socket.NetNSName
	Own   bool   // it is that of the caller

	// Firewall is what keeps connections out of it; nil if that was not read. Its
	// type is internal: other modules can only compare two pointers, which are equal
	// if nothing changed between two refreshes of a [Watcher].
	Firewall *firewall.Host
}

// readFirewall reads the firewall of the calling thread's namespace.
func readFirewall(ctx context.Context, _ uint64, links bool) (*firewall.Host, error) {
	if links {
		return firewall.ReadAll(ctx)
	}
	return firewall.Read(ctx)
}

// following is readFirewall through a follower, which reads again only what changed.
func following(f *firewall.Follower) func(context.Context, uint64, bool) (*firewall.Host, error) {
	return func(ctx context.Context, namespace uint64, links bool) (*firewall.Host, error) {
		return f.Read(ctx, namespace, func(ctx context.Context) (*firewall.Host, error) { return readFirewall(ctx, namespace, links) })
	}
}

// outward reports whether a row can be reached from outside of its namespace.
func (r row) outward() bool { return r.State.Waits() && r.Exposure() != ExposureLoopback }
