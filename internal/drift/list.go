package drift

import (
	"cmp"
	"fmt"
	"hash/maphash"
	"slices"
	"strings"

	"porthole/internal/record"
)

// socketEntry adds what is kept of a socket.
func (c *Comparison) socketEntry(e entry, r *record.Record) entry {
	e.same = maphash.Comparable(c.seed, [3]string{r.Exposure, r.Reach.Words(), proved(r)})
	e.owner = c.ownerHash(r.OwnerName())
	e.widest = width(r)
	return e
}

// ownerHash is never 0 for an owner.
func (c *Comparison) ownerHash(owner string) uint64 {
	if owner == "" {
		return 0
	}
	return max(maphash.String(c.seed, owner), 1)
}

// width is larger the more hosts the exposure of a socket has.
func width(r *record.Record) uint8 {
	return uint8(slices.Index([]string{"loopback", "local", "public", "all"}, r.Exposure) + 1)
}

// lists compares two lists, one port of one protocol and namespace after another: a
// service that moved to another address keeps these.
type lists struct {
	*Comparison
	yield func(*record.Record) error
	words record.OwnerWords
	port  []endpoint // those of one port that may have changed, in the order of their addresses
	rows  []entry    // their sockets
}

// endpoint is an address of a port. SO_REUSEPORT allows several sockets in a list.
type endpoint struct {
	begin, split, end int32  // its sockets are rows[begin:split] of the older list, and rows[split:end]
	service           uint64 // of one that is in one list only: a hash of its owners; 0 if they are not known
}

// gone reports whether an endpoint is in the older list only.
func (e *endpoint) gone() bool { return e.split == e.end }

// opened reports whether an endpoint is in the newer list only.
func (e *endpoint) opened() bool { return e.begin == e.split }

// maxPort is the number of sockets of one port that may have changed at most: they are
// kept in memory.
const maxPort = 1 << 21

func (l *lists) run(j *join) error {
	var port []byte
	for j.next() {
		if unchanged(j.was, j.is) {
			continue
		}
		here := j.key[:slices.Concat(j.was, j.is)[0].group]
		if string(here) != string(port) {
			if err := l.endPort(); err != nil {
				return err
			}
			port = append(port[:0], here...)
		}
		if err := l.keep(j.was, j.is); err != nil {
			return err
		}
	}
	if j.err != nil {
		return j.err
	}
	return l.endPort()
}

// keep keeps the sockets of an endpoint that may have changed.
func (l *lists) keep(was, is []entry) error {
	if len(l.rows)+len(was)+len(is) > maxPort {
		return fmt.Errorf("more than %d sockets of one port have changed", maxPort)
	}
	e := endpoint{begin: int32(len(l.rows)), split: int32(len(l.rows) + len(was))}
	l.rows = append(append(l.rows, was...), is...)
	e.end = int32(len(l.rows))
	l.port = append(l.port, e)
	return nil
}

// unchanged reports whether nothing can have changed at an endpoint. An owner that one
// of the two lists does not know is no change.
func unchanged(was, is []entry) bool {
	alone := len(was) == 1
	return slices.EqualFunc(was, is, func(a, b entry) bool {
		return a.same == b.same && (a.owner == b.owner || alone && (a.owner == 0 || b.owner == 0))
	})
}

// endPort yields the changes of a port, in the order of its addresses.
func (l *lists) endPort() error {
	moves, err := l.moves()
	if err != nil {
		return err
	}
	for i := range l.port {
		e := &l.port[i]
		move, moved := moves[e.service]
		moved = moved && (e.gone() || e.opened())
		if moved && i != move.to {
			continue
		}
		changes, err := l.changes(e)
		if err != nil {
			return err
		}
		if moved {
			changes = []record.Record{changed(changes[0], record.ChangeExposure, move.before, move.after)}
		}
		for i := range changes {
			if err := l.yield(&changes[i]); err != nil {
				return err
			}
		}
	}
	l.port, l.rows = l.port[:0], l.rows[:0]
	return nil
}

// waiter is an endpoint as one of the two lists has it.
type waiter struct {
	record record.Record // the first socket
	owners owners
}

// read reads sockets of one list again.
func (l *lists) read(from *side, rows []entry) (w waiter, err error) {
	var all ownerSet
	for i, r := range rows {
		socket, err := from.at(r.at)
		if err == nil {
			err = all.add(socket.Owners(l.words))
		}
		if err != nil {
			return w, err
		}
		if i == 0 {
			w.record = socket
		}
	}
	w.owners = all.owners()
	return w, nil
}

// older reads the sockets that an endpoint had.
func (l *lists) older(e *endpoint) (waiter, error) { return l.read(&l.old, l.rows[e.begin:e.split]) }

// newer reads the sockets that it has.
func (l *lists) newer(e *endpoint) (waiter, error) { return l.read(&l.new, l.rows[e.split:e.end]) }

// only reads the sockets of an endpoint that is in one list only.
func (l *lists) only(e *endpoint) (waiter, error) {
	if e.opened() {
		return l.newer(e)
	}
	return l.older(e)
}

// changes are those of an endpoint; exactly one of one that is in one list only.
func (l *lists) changes(e *endpoint) (changes []record.Record, err error) {
	was, err := l.older(e)
	if err != nil {
		return nil, err
	}
	is, err := l.newer(e)
	switch {
	case err != nil:
		return nil, err
	case e.gone():
		return []record.Record{changed(was.record, record.ChangeClosed, was.owners.String(), "")}, nil
	case e.opened():
		return []record.Record{changed(is.record, record.ChangeOpened, "", is.owners.String())}, nil
	}
	if !was.owners.same(is.owners) {
		changes = append(changes, changed(is.record, record.ChangeOwner, was.owners.String(), is.owners.String()))
	}
	if was.record.Exposure != is.record.Exposure {
		changes = append(changes, changed(is.record, record.ChangeExposure, was.record.Exposure, is.record.Exposure))
	}
	if a, b := was.record.Reach.Words(), is.record.Reach.Words(); a != b && a != "" && b != "" { // what cannot be told is no change
		changes = append(changes, changed(is.record, record.ChangeReach, a, b))
	}
	changes = append(changes, compareVerified(&was.record, &is.record)...)
	slices.SortStableFunc(changes, func(a, b record.Record) int { return cmp.Compare(a.What, b.What) })
	return changes, nil
}

// move is a service that was bound to other addresses, and is exposed to other hosts by
// that. It is one change, instead of one closed and one opened.
type move struct {
	before, after string
	to            int // the endpoint with the widest exposure now
}

// moves finds the services of the port that have moved.
func (l *lists) moves() (map[uint64]move, error) {
	if !slices.ContainsFunc(l.port, func(e endpoint) bool { return e.gone() }) || !slices.ContainsFunc(l.port, func(e endpoint) bool { return e.opened() }) {
		return nil, nil
	}
	gone, opened := make(map[uint64][]int32), make(map[uint64][]int32)
	for i := range l.port {
		e := &l.port[i]
		if !e.gone() && !e.opened() {
			continue
		}
		var err error
		if e.service, err = l.service(e); err != nil {
			return nil, err
		}
		if e.gone() {
			gone[e.service] = append(gone[e.service], int32(i))
		} else {
			opened[e.service] = append(opened[e.service], int32(i))
		}
	}
	moves := make(map[uint64]move)
	for service, from := range gone {
		to := opened[service]
		if service == 0 || len(to) == 0 || l.width(l.widest(from)) == l.width(l.widest(to)) {
			continue
		}
		before, err := l.places(from)
		if err != nil {
			return nil, err
		}
		after, err := l.places(to)
		if err != nil {
			return nil, err
		}
		moves[service] = move{before, after, int(l.widest(to))}
	}
	return moves, nil
}

// service is a hash of the owners of an endpoint; 0 if they are not known.
func (l *lists) service(e *endpoint) (uint64, error) {
	if e.end-e.begin == 1 && l.words == l.old.words && l.words == l.new.words {
		return l.rows[e.begin].owner, nil // by all words, which are those of either list
	}
	w, err := l.only(e)
	return l.ownerHash(w.owners.String()), err
}

// width is that of the exposure of an endpoint.
func (l *lists) width(i int32) uint8 { return l.rows[l.port[i].begin].widest }

// widest returns the endpoint with the widest exposure; of several, the one with
// the first address.
func (l *lists) widest(some []int32) int32 {
	return slices.MaxFunc(some, func(a, b int32) int { return cmp.Or(cmp.Compare(l.width(a), l.width(b)), cmp.Compare(b, a)) })
}

// places puts the exposure of a service into words, with its addresses.
func (l *lists) places(some []int32) (string, error) {
	const few = 8
	var addrs []string
	for _, i := range some[:min(few, len(some))] {
		w, err := l.only(&l.port[i])
		if err != nil {
			return "", err
		}
		addrs = append(addrs, w.record.Addr)
	}
	more := ""
	if n := len(some) - len(addrs); n > 0 {
		more = fmt.Sprintf(" and %d more", n)
	}
	w, err := l.only(&l.port[l.widest(some)])
	return fmt.Sprintf("%s (%s%s)", w.record.Exposure, strings.Join(addrs, ", "), more), err
}
