// Package listing chooses sockets of this machine, and makes records of them with
// who gets through to each.
package listing

import (
	"cmp"

	"porthole/internal/label"
	"porthole/internal/reach"
	"porthole/internal/record"
	"porthole/registry"
	"porthole/sockets"
)

// Listing is what a list asks for.
type Listing struct {
	Registry *registry.Registry
	Lister   sockets.Lister
	Keep     Filters
	Exposed  Exposures
	NetNS    uint64 // this process's network namespace; 0 unknown
}

// Shown is a socket that passes all filters, and who gets through to it.
type Shown struct {
	Socket *sockets.Socket
	Reach  *record.Reach
}

// Shown are the sockets that pass all filters.
func (l Listing) Shown(snap sockets.Snapshot) []Shown {
	var kept []*sockets.Socket
	for i := range snap.Sockets {
		if s := &snap.Sockets[i]; l.Keep.Match(*s) {
			kept = append(kept, s)
		}
	}
	list := make([]Shown, 0, len(kept))
	for i, who := range reach.New(snap.Namespaces).Sockets(kept) {
		if l.Exposed.Match(kept[i], who) {
			list = append(list, Shown{kept[i], who})
		}
	}
	return list
}

// Unjudged counts the sockets that are left out only since nobody here may see who
// holds them.
func (l Listing) Unjudged(snap sockets.Snapshot) (n int) {
	for _, s := range snap.Sockets {
		if !l.Keep.Match(s) && l.Keep.MayMatch(s) {
			n++
		}
	}
	return n
}

// Record labels a socket.
func (l Listing) Record(s Shown, known label.Processes) *record.Record {
	r := label.Socket(l.Registry, *s.Socket, known)
	r.Reach = s.Reach
	if !r.InNetNS(l.NetNS) {
		r.NetNSName = r.NetNSText() // blank stands for this one
	}
	return r
}

// Processes is what the records of one look at the sockets share; nil leaves the
// processes out.
func (l Listing) Processes() label.Processes {
	if l.Lister.NoProcess {
		return nil
	}
	return make(label.Processes)
}

// Output takes records; [record.List] keeps them.
type Output interface {
	Write(*record.Record) error
}

// Write writes sockets and counts them. It returns why the rules of a firewall could
// not be read; "" if they were, or if no socket needs them.
func (l Listing) Write(shown []Shown, out Output, n *record.ListCounts) (unread string, err error) {
	seen := make(map[int]bool)
	known := l.Processes()
	for _, s := range shown {
		r := l.Record(s, known)
		Count(n, seen, r)
		if r.Reach != nil && r.Reach.Unread {
			unread = cmp.Or(unread, r.Reach.Why)
		}
		if err := out.Write(r); err != nil {
			return unread, err
		}
	}
	return unread, nil
}

// Count adds one record; seen are the holders that were counted.
func Count(n *record.ListCounts, seen map[int]bool, r *record.Record) {
	n.Sockets++
	if r.Privileged != nil && *r.Privileged {
		n.Privileged++
	}
	if r.HolderHidden() {
		n.Hidden++
	}
	if r.Processes != nil {
		for _, p := range *r.Processes {
			seen[p.PID] = true
		}
	}
	n.Processes = len(seen)
}
