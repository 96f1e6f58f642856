package hosts

import (
	"fmt"
	"net/netip"
	"strings"

	"go4.org/netipx"
)

// Text writes the set without its port, with an item for each single address and
// each range: "192.0.2.1", "192.0.2.1 example.com", "192.0.2.0-192.0.2.255".
// [ParseSet] makes the same set of it, in the same order.
func (s *Set) Text() []string {
	items := make([]string, 0, len(s.singles)+len(s.spans))
	for _, h := range s.singles {
		item := h.Addr.String()
		if h.Name != "" {
			item += " " + h.Name
		}
		items = append(items, item)
	}
	for i, sp := range s.spans {
		end := s.total
		if i+1 < len(s.spans) {
			end = s.spans[i+1].start
		}
		items = append(items, fmt.Sprintf("%s-%s", sp.first, offset(sp.first, end-1-sp.start)))
	}
	return items
}

// ParseSet reads what [Set.Text] wrote.
func ParseSet(port uint16, items []string) (*Set, error) {
	s := &Set{Port: port}
	for _, item := range items {
		if err := s.parse(item); err != nil {
			return nil, fmt.Errorf("bad addresses %q: %w", item, err)
		}
		if s.total > MaxAddresses {
			return nil, fmt.Errorf("bad addresses %q: more than 2^32 in one set", item)
		}
	}
	return s, nil
}

func (s *Set) parse(item string) error {
	text, name, _ := strings.Cut(item, " ")
	from, to, isRange := strings.Cut(text, "-")
	if !isRange || strings.Contains(from, "%") { // a zone may have a hyphen
		addr, err := netip.ParseAddr(text)
		if err == nil && s.spans != nil {
			err = fmt.Errorf("a single address after a range")
		}
		s.singles = append(s.singles, Host{Name: name, Addr: addr})
		s.total++
		return err
	}
	first, err := netip.ParseAddr(from)
	if err != nil {
		return err
	}
	last, err := netip.ParseAddr(to)
	if err != nil {
		return err
	}
	n, ok := rangeSize(netipx.IPRangeFrom(first, last))
	if !ok || !netipx.IPRangeFrom(first, last).IsValid() {
		return fmt.Errorf("not a range of at most 2^32 addresses")
	}
	s.spans = append(s.spans, span{start: s.total, first: first})
	s.total += n
	return nil
}
