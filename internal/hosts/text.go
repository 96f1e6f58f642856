package hosts

import (
	"fmt"
	"iter"
	"net/netip"
	"strings"

	"go4.org/netipx"
)

// Items writes the set without its port, with an item for each single address and
// each range: "192.0.2.1", "192.0.2.1 example.com", "192.0.2.0-192.0.2.255". No
// item has a comma. [Set.AddItem] makes the same set of them, in the same order.
func (s *Set) Items() iter.Seq[string] {
	return func(yield func(string) bool) {
		for _, h := range s.singles.all() {
			item := h.Addr.String()
			if h.Name != "" {
				item += " " + h.Name
			}
			if !yield(item) {
				return
			}
		}
		for i, sp := range s.spans {
			end := s.total
			if i+1 < len(s.spans) {
				end = s.spans[i+1].start
			}
			if !yield(fmt.Sprintf("%s-%s", sp.first, offset(sp.first, end-1-sp.start))) {
				return
			}
		}
	}
}

// AddItem adds what an item of [Set.Items] stands for.
func (s *Set) AddItem(item string) error {
	if err := s.addItem(item); err != nil {
		return fmt.Errorf("bad addresses %q: %w", item, err)
	}
	return nil
}

func (s *Set) addItem(item string) error {
	text, name, _ := strings.Cut(item, " ")
	from, to, isRange := strings.Cut(text, "-")
	if !isRange || strings.Contains(from, "%") { // a zone may have a hyphen
		addr, err := netip.ParseAddr(text)
		switch {
		case err != nil:
			return err
		case s.spans != nil:
			return fmt.Errorf("a single address after a range")
		case s.total == MaxAddresses:
			return fmt.Errorf("more than 2^32 in one set")
		}
		s.addSingle(Host{Name: strings.Clone(name), Addr: addr})
		return nil
	}
	first, err := netip.ParseAddr(from)
	if err != nil {
		return err
	}
	last, err := netip.ParseAddr(to)
	if err != nil {
		return err
	}
	r := netipx.IPRangeFrom(first, last)
	if !r.IsValid() {
		return fmt.Errorf("not a range")
	}
	return s.addRange(r)
}
