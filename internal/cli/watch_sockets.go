package cli

import (
	"cmp"
	"maps"
	"reflect"
	"slices"

	"porthole/internal/label"
	"porthole/internal/listing"
	"porthole/internal/reach"
	"porthole/internal/record"
	"porthole/sockets"
)

// watchedSockets are the sockets of a watch that are there, by their numbers, with who
// gets through to each.
type watchedSockets struct {
	listing.Listing
	judge *reach.Judge
	there map[uint64]*watchedSocket
	asker *asker // with --verify
}

// watchedSocket is a socket as it was seen last.
type watchedSocket struct {
	socket sockets.Socket
	reach  *record.Reach
	shown  bool // it passed the filters
}

func newWatchedSockets(l listing.Listing, a *asker) *watchedSockets {
	return &watchedSockets{Listing: l, there: make(map[uint64]*watchedSocket), asker: a}
}

// watchedEvent is an event with who gets through, and whether the socket passed the
// filters before it and passes them now.
type watchedEvent struct {
	sockets.Event
	reach   *record.Reach
	was, is bool
}

// note takes an update, and returns the events about sockets that passed the
// filters before or pass them now. If a firewall has changed, that is a change of
// each socket that others get through to now.
func (s *watchedSockets) note(u sockets.Update) []watchedEvent {
	var asked []uint64
	events := make([]watchedEvent, len(u.Events))
	for i, e := range u.Events {
		events[i].Event = e
		one := s.there[e.Number]
		if one == nil {
			one = &watchedSocket{}
			s.there[e.Number] = one
		}
		one.socket = e.Socket
		events[i].was, events[i].reach = one.shown, one.reach
		if e.Kind == sockets.EventKindClosed {
			delete(s.there, e.Number)
		} else {
			asked = append(asked, e.Number)
		}
	}
	if !s.judge.Same(u.Namespaces) {
		s.judge = reach.New(u.Namespaces)
		asked = slices.Collect(maps.Keys(s.there))
	}
	changed := s.ask(asked)
	for i := range events {
		e := &events[i]
		one := s.there[e.Number]
		if one == nil {
			e.is = s.passes(&e.Socket, e.reach)
			continue
		}
		e.reach, e.is = one.reach, one.shown
		if _, another := changed[e.Number]; another && e.Kind == sockets.EventKindChanged {
			e.Fields = append(slices.Clone(e.Fields), "reach")
		}
		delete(changed, e.Number)
	}
	events = append(events, s.changes(changed)...)
	return slices.DeleteFunc(events, func(e watchedEvent) bool { return !e.was && !e.is })
}

// ask asks again about sockets that are there. It returns those with another
// answer than before, and whether each passed the filters before.
func (s *watchedSockets) ask(numbers []uint64) (changed map[uint64]bool) {
	list := make([]*sockets.Socket, len(numbers))
	for i, number := range numbers {
		list[i] = &s.there[number].socket
	}
	changed = make(map[uint64]bool)
	for i, who := range s.judge.Sockets(list) {
		one := s.there[numbers[i]]
		if !reflect.DeepEqual(one.reach, who) {
			changed[numbers[i]] = one.shown
		}
		one.reach, one.shown = who, s.passes(&one.socket, who)
	}
	return changed
}

// changes are the events of sockets that differ in nothing else.
func (s *watchedSockets) changes(changed map[uint64]bool) (events []watchedEvent) {
	for number, was := range changed {
		one := s.there[number]
		e := sockets.Event{Kind: sockets.EventKindChanged, Number: number, Socket: one.socket, Fields: []string{"reach"}}
		events = append(events, watchedEvent{e, one.reach, was, one.shown})
	}
	slices.SortFunc(events, func(a, b watchedEvent) int { return cmp.Compare(a.Number, b.Number) })
	return events
}

func (s *watchedSockets) passes(one *sockets.Socket, who *record.Reach) bool {
	return s.Keep.Match(*one) && s.Exposed.Match(one, who)
}

// record labels the socket of an event.
func (s *watchedSockets) record(e watchedEvent, known label.Processes) *record.Record {
	r := s.Listing.Record(listing.Shown{Socket: &e.Socket, Reach: e.reach}, known)
	if s.asker != nil {
		r.Verified = s.asker.verified(e.Number)
	}
	return r
}
