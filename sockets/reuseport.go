package sockets

import "cmp"

// groupReuseport numbers the sockets that wait side by side on one address. They
// come sorted, so that those of one address are neighbours.
func groupReuseport(sorted []Socket) {
	var waiting []*Socket // on one address, used again for the next
	for start := 0; start < len(sorted); {
		first := &sorted[start]
		waiting = waiting[:0]
		for ; start < len(sorted) && sameAddress(first, &sorted[start]); start++ {
			if sorted[start].State.Waits() && cmp.Or(sorted[start].Cookie, sorted[start].Inode) != 0 {
				waiting = append(waiting, &sorted[start])
			}
		}
		for _, s := range waiting {
			s.ReuseportGroup = groupOf(s, waiting)
		}
	}
}

func sameAddress(a, b *Socket) bool {
	return a.Local.Port() == b.Local.Port() && a.Proto == b.Proto && a.Local == b.Local
}

// groupOf is the number that s shares with its neighbours, 0 alone.
func groupOf(s *Socket, neighbours []*Socket) uint64 {
	members, number := 0, uint64(0)
	for _, n := range neighbours {
		own := cmp.Or(n.Cookie, n.Inode)
		if n.NetNS != s.NetNS || n.NetNSName != s.NetNSName || n.Device != s.Device {
			continue
		}
		if members++; number == 0 || own < number {
			number = own
		}
	}
	if members < 2 {
		return 0
	}
	return number
}
