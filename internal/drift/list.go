package drift

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"porthole/internal/record"
)

// endpoint identifies the sockets that wait at one address and port.
type endpoint struct {
	netns, proto, addr string
	port               uint16
}

// waiter is an endpoint with its sockets. SO_REUSEPORT allows several.
type waiter struct {
	endpoint
	record record.Record // the first socket
	owners owners
}

// CompareLists returns the changes from old to new, sorted by network namespace, port,
// protocol and address. It compares the sockets that wait; connections come and go, and
// are left out.
func CompareLists(old, new []record.Record) []record.Record {
	words := commonWords(old, new)
	before, now := byEndpoint(old, words), byEndpoint(new, words)
	var changes []record.Record
	var gone, opened []waiter
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
		if a, b := was.record.Reach.Words(), is.record.Reach.Words(); a != b && a != "" && b != "" { // what cannot be told is no change
			changes = append(changes, changed(is.record, record.ChangeReach, a, b))
		}
		changes = append(changes, compareVerified(&was.record, &is.record)...)
	}
	for at, was := range before {
		if _, ok := now[at]; !ok {
			gone = append(gone, was)
		}
	}
	moves, gone, opened := moved(gone, opened)
	changes = append(changes, moves...)
	for _, w := range gone {
		changes = append(changes, changed(w.record, record.ChangeClosed, w.owners.String(), ""))
	}
	for _, w := range opened {
		changes = append(changes, changed(w.record, record.ChangeOpened, "", w.owners.String()))
	}
	return sorted(changes)
}

// byEndpoint groups the sockets that wait by their endpoint.
func byEndpoint(records []record.Record, words record.OwnerWords) map[endpoint]waiter {
	at := make(map[endpoint]waiter)
	for _, r := range records {
		if !r.Waits() {
			continue
		}
		e := endpoint{r.StableNetNS(), r.Proto, r.Addr, r.Port}
		w, ok := at[e]
		if !ok {
			w = waiter{endpoint: e, record: r}
		}
		w.owners = w.owners.with(r.Owners(words))
		at[e] = w
	}
	return at
}

// service identifies a service even if it is bound to other addresses.
type service struct {
	netns, proto, owner string
	port                uint16
}

// moved finds services that were bound to other addresses, and are exposed to other
// hosts by that. Each is one change, instead of one closed and one opened. It also
// returns the endpoints that are left.
func moved(gone, opened []waiter) (moves []record.Record, leftGone, leftOpened []waiter) {
	from, to := byService(gone), byService(opened)
	for s, was := range from {
		is := to[s]
		if len(is) == 0 || s.owner == "" || widest(was).record.Exposure == widest(is).record.Exposure {
			continue
		}
		moves = append(moves, changed(widest(is).record, record.ChangeExposure, reach(was), reach(is)))
		delete(from, s)
		delete(to, s)
	}
	return moves, flatten(from), flatten(to)
}

func byService(list []waiter) map[service][]waiter {
	out := make(map[service][]waiter)
	for _, w := range list {
		s := service{w.netns, w.proto, w.owners.String(), w.port}
		out[s] = append(out[s], w)
	}
	return out
}

func flatten(m map[service][]waiter) []waiter {
	return slices.Concat(slices.Collect(maps.Values(m))...)
}

// widest returns the endpoint with the widest exposure; of several, the one with
// the first address.
func widest(list []waiter) waiter {
	order := []string{"loopback", "local", "public", "all"}
	return slices.MaxFunc(list, func(a, b waiter) int {
		return cmp.Or(
			cmp.Compare(slices.Index(order, a.record.Exposure), slices.Index(order, b.record.Exposure)),
			address(b.addr).Compare(address(a.addr)))
	})
}

// reach puts the exposure of a service into words, with its addresses.
func reach(list []waiter) string {
	var addrs []string
	for _, w := range list {
		addrs = append(addrs, w.addr)
	}
	slices.SortFunc(addrs, func(a, b string) int { return address(a).Compare(address(b)) })
	return widest(list).record.Exposure + " (" + strings.Join(addrs, ", ") + ")"
}
