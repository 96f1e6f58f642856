package firewall

// groupList is the groups in a chain. Where there are many, most have one port, and
// are found by it.
type groupList struct {
	chain  *readyChain
	passed int // how many of the chain's rules that ask for the source only are behind

	wide   []*group // with several ports, or with packets that go to others
	narrow []*group // with one port
	byPort map[number]*group
	idle   []*group // that nothing is left of in the chain
	gone   int      // of narrow: how many are nil
	buffer []*group
}

func (l *groupList) add(g *group) {
	switch {
	case len(g.boxes) == 0:
		l.idle = append(l.idle, g)
	case g.moved || len(g.ports) > 1 || g.ports[0].first != g.ports[0].last:
		l.wide = append(l.wide, g)
	default:
		if l.byPort == nil {
			l.byPort = map[number]*group{}
		}
		l.narrow = append(l.narrow, g)
		l.byPort[g.ports[0].first] = g
	}
}

// remove takes out a group that was parted into others.
func (l *groupList) remove(g *group, into []*group) {
	for i, one := range l.wide {
		if one == g {
			l.wide = append(l.wide[:i:i], l.wide[i+1:]...)
			return
		}
	}
	for _, one := range into { // g had the one port that one of them has
		if port := one.ports[0].first; l.byPort[port] == g {
			delete(l.byPort, port)
			l.gone++
		}
	}
}

// fewPorts is the most ports that are looked up one by one.
const fewPorts = 16

// touched lists the groups that a rule may concern. The list is valid until the
// next call.
func (l *groupList) touched(c *compiled) []*group {
	if !c.anyPort && c.ports.few(fewPorts) {
		l.buffer = append(l.buffer[:0], l.wide...)
		for _, s := range c.ports {
			for n := s.first; !s.last.less(n); n = n.next() {
				if g := l.byPort[n]; g != nil {
					l.buffer = append(l.buffer, g)
				}
			}
		}
		return l.buffer
	}
	return l.active()
}

// active lists all groups of which something is left. The list is valid until
// the next call.
func (l *groupList) active() []*group {
	if l.gone > len(l.narrow)/2 {
		l.tidy()
	}
	l.buffer = append(l.buffer[:0], l.wide...)
	for _, g := range l.narrow {
		if len(g.ports) > 0 && len(g.boxes) > 0 {
			l.buffer = append(l.buffer, g)
		}
	}
	return l.buffer
}

func (l *groupList) tidy() {
	kept := l.narrow[:0]
	for _, g := range l.narrow {
		if len(g.ports) > 0 {
			kept = append(kept, g)
		}
	}
	clear(l.narrow[len(kept):])
	l.narrow, l.gone = kept, 0
}

func (l *groupList) all() []*group {
	l.tidy()
	all := append(append([]*group(nil), l.wide...), l.narrow...)
	return append(all, l.idle...)
}

// few reports whether a set has at most n numbers.
func (s set) few(n uint64) bool {
	count := uint64(0)
	for _, one := range s {
		if one.first.high != one.last.high || one.last.low-one.first.low >= n {
			return false
		}
		if count += one.last.low - one.first.low + 1; count > n {
			return false
		}
	}
	return true
}
