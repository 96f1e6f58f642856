package drift

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"porthole/internal/record"
)

// simple compares two lists in the plain way, with all of them in memory, by one kind of
// owner. It returns what lines does, but for the texts.
func simple(old, new []record.Record) (changes []string) {
	type place struct {
		netns, proto, addr string
		port               uint16
	}
	type service struct {
		netns, proto, owner string
		port                uint16
	}
	type waiter struct {
		record record.Record
		owners owners
	}
	gather := func(list []record.Record) map[place]*waiter {
		at := make(map[place]*waiter)
		for _, r := range list {
			p := place{r.StableNetNS(), r.Proto, r.Addr, r.Port}
			if at[p] == nil {
				at[p] = &waiter{record: r}
			}
			all := append(at[p].owners, r.Programs()...)
			slices.Sort(all)
			at[p].owners = slices.Compact(all)
		}
		return at
	}
	tell := func(r record.Record, what string) {
		changes = append(changes, fmt.Sprintf("%s %d %s %s %s", r.NetNSName, r.Port, r.Proto, r.Addr, what))
	}
	was, is := gather(old), gather(new)
	gone, opened := make(map[service][]*waiter), make(map[service][]*waiter)
	sort := func(from, to map[place]*waiter, into map[service][]*waiter) {
		for p, w := range from {
			if to[p] == nil {
				s := service{p.netns, p.proto, w.owners.String(), p.port}
				into[s] = append(into[s], w)
			}
		}
	}
	sort(was, is, gone)
	sort(is, was, opened)
	for p, w := range is {
		if o := was[p]; o != nil && !o.owners.same(w.owners) {
			tell(w.record, "owner")
		}
		if o := was[p]; o != nil && o.record.Exposure != w.record.Exposure {
			tell(w.record, "exposure")
		}
	}
	widest := func(list []*waiter) record.Record {
		return slices.MaxFunc(list, func(a, b *waiter) int {
			return cmp.Or(cmp.Compare(width(&a.record), width(&b.record)), cmp.Compare(b.record.Addr, a.record.Addr))
		}).record
	}
	for s, from := range gone {
		to := opened[s]
		if s.owner != "" && len(to) > 0 && widest(from).Exposure != widest(to).Exposure {
			tell(widest(to), "exposure")
			delete(opened, s)
			continue
		}
		for _, w := range from {
			tell(w.record, "closed")
		}
	}
	for _, list := range opened {
		for _, w := range list {
			tell(w.record, "opened")
		}
	}
	slices.Sort(changes)
	return changes
}

func brief(list []record.Record) (text string) {
	for _, r := range list {
		text += fmt.Sprintf("%s %s %s by %s; ", r.NetNSName, r.Endpoint(), r.Exposure, r.OwnerName())
	}
	return text
}

// TestListsAsSimple compares random lists, and holds that the changes are those of the
// plain way, in order.
func TestListsAsSimple(t *testing.T) {
	random := func() (list []record.Record) {
		for range rand.IntN(12) {
			exe := []string{"", "/a", "/b"}[rand.IntN(3)]
			r := listener(fmt.Sprintf("198.18.0.%d", rand.IntN(5)), 80+uint16(rand.IntN(2)), []string{"loopback", "all"}[rand.IntN(2)], exe)
			r.NetNSName = []string{"", "blue"}[rand.IntN(2)]
			list = append(list, r)
		}
		return list
	}
	for range 5000 {
		old, new := random(), random()
		var got []string
		for _, c := range compare(t, old, new) {
			got = append(got, fmt.Sprintf("%s %d %s %s %s", c.NetNSName, c.Port, c.Proto, c.Addr, c.What))
		}
		if want := simple(old, new); !slices.Equal(got, want) {
			t.Fatalf("%q, want %q\nfrom %s\nto %s", got, want, brief(old), brief(new))
		}
	}
}
