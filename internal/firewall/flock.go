package firewall

// flock is the groups in a chain. Where there are many, most have one port, and
// are found by it.
type flock struct {
	chain  *readyChain
	passed int // how many of the chain's rules that ask for the source only are behind

	wide   []*group // with several ports, or with packets that go to others
	narrow []*group // with one port
	byPort map[number]*group
	idle   []*group // that nothing is left of in the chain
	gone   int      // of narrow: how many are nil
	buffer []*group
}

func (f *flock) add(g *group) {
	switch {
	case len(g.boxes) == 0:
		f.idle = append(f.idle, g)
	case g.moved || len(g.ports) > 1 || g.ports[0].first != g.ports[0].last:
		f.wide = append(f.wide, g)
	default:
		if f.byPort == nil {
			f.byPort = map[number]*group{}
		}
		f.narrow = append(f.narrow, g)
		f.byPort[g.ports[0].first] = g
	}
}

// remove takes out a group that was parted into others.
func (f *flock) remove(g *group, into []*group) {
	for i, one := range f.wide {
		if one == g {
			f.wide = append(f.wide[:i:i], f.wide[i+1:]...)
			return
		}
	}
	for _, one := range into { // g had the one port that one of them has
		if port := one.ports[0].first; f.byPort[port] == g {
			delete(f.byPort, port)
			f.gone++
		}
	}
}

// fewPorts is up to how many ports are looked up one by one.
const fewPorts = 16

// touched lists the groups that a rule may concern. The list is valid until the
// next call.
func (f *flock) touched(c *compiled) []*group {
	if !c.anyPort && c.ports.few(fewPorts) {
		f.buffer = append(f.buffer[:0], f.wide...)
		for _, s := range c.ports {
			for n := s.first; !s.last.less(n); n = n.next() {
				if g := f.byPort[n]; g != nil {
					f.buffer = append(f.buffer, g)
				}
			}
		}
		return f.buffer
	}
	return f.active()
}

// active lists all groups of which something is left. The list is valid until
// the next call.
func (f *flock) active() []*group {
	if f.gone > len(f.narrow)/2 {
		f.tidy()
	}
	f.buffer = append(f.buffer[:0], f.wide...)
	for _, g := range f.narrow {
		if len(g.ports) > 0 && len(g.boxes) > 0 {
			f.buffer = append(f.buffer, g)
		}
	}
	return f.buffer
}

func (f *flock) tidy() {
	kept := f.narrow[:0]
	for _, g := range f.narrow {
		if len(g.ports) > 0 {
			kept = append(kept, g)
		}
	}
	clear(f.narrow[len(kept):])
	f.narrow, f.gone = kept, 0
}

func (f *flock) all() []*group {
	f.tidy()
	all := append(append([]*group(nil), f.wide...), f.narrow...)
	return append(all, f.idle...)
}

// few tells whether a set has at most n numbers.
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
