package cli

import (
	"slices"

	"github.com/urfave/cli/v2"

	"porthole/internal/label"
	"porthole/internal/reach"
	"porthole/internal/record"
	"porthole/sockets"
)

// The values of --exposure beside those of the bind address.
const (
	exposureReachable  = "reachable"  // others can reach it, as far as is known
	exposureFirewalled = "firewalled" // they could by its address, and nobody gets through
)

// exposed is what --exposure asks for; nil lets everything pass.
type exposed []string

func readExposed(ctx *cli.Context) (exposed, error) {
	if !ctx.IsSet("exposure") {
		return nil, nil
	}
	return splitWords("exposure", ctx.String("exposure"), exposures()...)
}

// match asks by the bind address, and by who gets through to it.
func (e exposed) match(s *sockets.Socket, who *record.Reach) bool {
	if e == nil {
		return true
	}
	word := exposureReachable
	switch exposure := s.Exposure(); {
	case slices.Contains(e, exposure.String()):
		return true
	case exposure == sockets.ExposureLoopback, exposure == sockets.ExposureUnknown:
		return false
	case who.Nobody():
		word = exposureFirewalled
	}
	return slices.Contains(e, word)
}

// shown is a socket that passes all filters, and who gets through to it.
type shown struct {
	socket *sockets.Socket
	reach  *record.Reach
}

// shown are the sockets that pass all filters.
func (l listing) shown(snap sockets.Snapshot) []shown {
	var kept []*sockets.Socket
	for i := range snap.Sockets {
		if s := &snap.Sockets[i]; l.keep.match(*s) {
			kept = append(kept, s)
		}
	}
	list := make([]shown, 0, len(kept))
	for i, who := range reach.New(snap.Namespaces).Sockets(kept) {
		if l.exposed.match(kept[i], who) {
			list = append(list, shown{kept[i], who})
		}
	}
	return list
}

// record labels a socket.
func (l listing) record(s shown, known label.Processes) *record.Record {
	r := label.Socket(l.registry, *s.socket, known)
	r.Reach = s.reach
	return r
}

// unreadOf is why the rules of a firewall could not be read; "" if they were, or if
// no socket needs them.
func unreadOf(list []record.Record) string {
	for i := range list {
		if r := list[i].Reach; r != nil && r.Unread {
			return r.Why
		}
	}
	return ""
}
