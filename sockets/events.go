package sockets

import (
	"cmp"
	"net/netip"
	"slices"
	"sort"
)

// EventKind is what became of a socket.
type EventKind uint8

const (
	EventKindPresent EventKind = iota // it was there at the first refresh
	EventKindOpened                   // it is new
	EventKindClosed                   // it is gone; the event has it as it was last
	EventKindChanged                  // Event.Fields names what is different
)

// String is the kind as the JSON events spell it.
func (k EventKind) String() string {
	switch k {
	case EventKindPresent:
		return "present"
	case EventKindOpened:
		return "opened"
	case EventKindClosed:
		return "closed"
	case EventKindChanged:
		return "changed"
	default:
		return "unknown"
	}
}

// Event is something that happened to a socket between two refreshes.
type Event struct {
	Kind   EventKind
	Number uint64 // of the socket, from 1: never given twice by one Watcher
	Socket Socket
	Fields []string // of a change: what changed, as the JSON records name it
}

// identity tells sockets apart: by the cookie where the kernel gives one, else by all
// that does not change. nth numbers those that look the same even so.
type identity struct {
	netns         uint64
	cookie, inode uint64
	proto         string
	local, remote netip.AddrPort
	nth           int
}

// sighting is a socket as it was seen last.
type sighting struct {
	number uint64
	socket Socket
	round  uint64 // of the last listing that had it
}

// compare returns how the sockets differ from the known ones, which they replace.
func (w *Watcher) compare(sockets []Socket) []Event {
	opened := EventKindOpened
	if w.known == nil {
		w.known, opened = make(map[identity]*sighting, len(sockets)), EventKindPresent
	}
	w.round++
	count := make(map[identity]int, len(sockets))
	var events []Event
	for i := range sockets {
		s := &sockets[i]
		id := identify(s, count)
		was := w.known[id]
		if was == nil {
			w.last++
			was = &sighting{number: w.last}
			w.known[id] = was
			events = append(events, Event{Kind: opened, Number: was.number, Socket: *s})
		} else if fields := differences(&was.socket, s); len(fields) > 0 {
			events = append(events, Event{Kind: EventKindChanged, Number: was.number, Socket: *s, Fields: fields})
		}
		was.socket, was.round = *s, w.round
	}
	return append(w.forget(), events...)
}

// forget drops the sockets that are gone: the last listing read their namespace and did
// not have them.
func (w *Watcher) forget() (closed []Event) {
	for id, was := range w.known {
		if was.round != w.round && !(w.cheap && w.onlyFull[was.socket.NetNS]) {
			closed = append(closed, Event{Kind: EventKindClosed, Number: was.number, Socket: was.socket})
			delete(w.known, id)
		}
	}
	sort.Slice(closed, func(i, j int) bool {
		a, b := &closed[i], &closed[j]
		return cmp.Or(compare(&a.Socket, &b.Socket), cmp.Compare(a.Number, b.Number)) < 0
	})
	return closed
}

// identify returns a socket's identity. count has how often each was returned in one
// listing.
func identify(s *Socket, count map[identity]int) identity {
	id := identity{netns: s.NetNS, cookie: s.Cookie, proto: s.Proto}
	if s.Cookie == 0 {
		id.inode, id.local, id.remote = s.Inode, s.Local, s.Remote
	}
	nth := count[id]
	count[id] = nth + 1
	id.nth = nth
	return id
}

// differences names the fields of an event that differ.
func differences(a, b *Socket) (fields []string) {
	for _, field := range [...]struct {
		name string
		same bool
	}{
		{"addr", a.Local == b.Local},
		{"remote_addr", a.Remote == b.Remote},
		{"state", a.State == b.State},
		{"exposure", a.Exposure() == b.Exposure()},
		{"user", a.UID == b.UID && a.User == b.User},
		{"netns_name", a.NetNSName == b.NetNSName},
		{"processes", slices.EqualFunc(a.Processes, b.Processes, sameProcess)},
		{"hidden", a.Hidden == b.Hidden},
		{"device", a.Device == b.Device},
		{"reuseport_group", a.ReuseportGroup == b.ReuseportGroup},
		{"unit", a.Unit == b.Unit},
		{"container", a.Container.String() == b.Container.String()},
		{"privileged", a.Privileged == b.Privileged},
		{"flags", a.Flags == b.Flags},
	} {
		if !field.same {
			fields = append(fields, field.name)
		}
	}
	return fields
}

// sameProcess leaves out the arguments, which a process may overwrite as it likes. The
// start is computed from the clock, which is set now and then.
func sameProcess(a, b Process) bool {
	return a.PID == b.PID && a.Name == b.Name && a.Exe == b.Exe && a.UID == b.UID && a.BindRight == b.BindRight &&
		sameStart(a.Started, b.Started)
}
