package drift

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"porthole/internal/record"
)

// endpoint is where strangers knock.
type endpoint struct {
	netns, proto, addr string
	port               uint16
}

// held is an endpoint with the sockets on it; several share one by
// SO_REUSEPORT.
type held struct {
	endpoint
	record record.Record // the first socket
	owners owners
}

// compareLists compares what waits for strangers. Connections come and go, and
// are left out.
func compareLists(old, new []record.Record) []record.Record {
	words := commonWords(old, new)
	before, now := gather(old, words), gather(new, words)
	var changes []record.Record
	var gone, opened []held
	for at, is := range now {
		was, ok := before[at]
		if !ok {
			opened = append(opened, is)
			continue
		}
		if !was.owners.same(is.owners) {
			changes = append(changes, changed(is.record, record.ChangeOwner, was.owners.String(), is.owners.String()))
		}
		if was.record.Exposure != is.record.Exposure {
			changes = append(changes, changed(is.record, record.ChangeExposure, was.record.Exposure, is.record.Exposure))
		}
	}
	for at, was := range before {
		if _, ok := now[at]; !ok {
			gone = append(gone, was)
		}
	}
	moves, gone, opened := pair(gone, opened)
	changes = append(changes, moves...)
	for _, h := range gone {
		changes = append(changes, changed(h.record, record.ChangeClosed, h.owners.String(), ""))
	}
	for _, h := range opened {
		changes = append(changes, changed(h.record, record.ChangeOpened, "", h.owners.String()))
	}
	return changes
}

// gather groups the sockets that wait by their endpoint.
func gather(records []record.Record, words record.OwnerWords) map[endpoint]held {
	at := make(map[endpoint]held)
	for _, r := range records {
		if !r.Waits() {
			continue
		}
		e := endpoint{r.StableNetNS(), r.Proto, r.Addr, r.Port}
		h, ok := at[e]
		if !ok {
			h = held{endpoint: e, record: r}
		}
		h.owners = h.owners.with(r.Owners(words))
		at[e] = h
	}
	return at
}

// mover is what stays the same when a service is bound to other addresses.
type mover struct {
	netns, proto, owner string
	port                uint16
}

// pair finds services that changed their addresses and with them who can reach
// them: one change instead of an end and a beginning. It returns what is left.
func pair(gone, opened []held) (moves []record.Record, leftGone, leftOpened []held) {
	from, to := byMover(gone), byMover(opened)
	for m, was := range from {
		is := to[m]
		if len(is) == 0 || m.owner == "" || widest(was).record.Exposure == widest(is).record.Exposure {
			continue
		}
		moves = append(moves, changed(widest(is).record, record.ChangeExposure, reach(was), reach(is)))
		delete(from, m)
		delete(to, m)
	}
	return moves, flatten(from), flatten(to)
}

func byMover(list []held) map[mover][]held {
	out := make(map[mover][]held)
	for _, h := range list {
		m := mover{h.netns, h.proto, h.owners.String(), h.port}
		out[m] = append(out[m], h)
	}
	return out
}

func flatten(m map[mover][]held) []held { return slices.Concat(slices.Collect(maps.Values(m))...) }

// widest is the endpoint that most can reach, the first address of those.
func widest(list []held) held {
	order := []string{"loopback", "local", "public", "all"}
	return slices.MaxFunc(list, func(a, b held) int {
		return cmp.Or(
			cmp.Compare(slices.Index(order, a.record.Exposure), slices.Index(order, b.record.Exposure)),
			address(b.addr).Compare(address(a.addr)))
	})
}

// reach words who can reach a service, and by which addresses.
func reach(list []held) string {
	var addrs []string
	for _, h := range list {
		addrs = append(addrs, h.addr)
	}
	slices.SortFunc(addrs, func(a, b string) int { return address(a).Compare(address(b)) })
	return widest(list).record.Exposure + " (" + strings.Join(addrs, ", ") + ")"
}
