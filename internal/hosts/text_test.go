package hosts

import (
	"net"
	"slices"
	"testing"
)

// FuzzAddItem holds that no text makes AddItem panic or a set that does not
// write itself the same again.
func FuzzAddItem(f *testing.F) {
	for _, seed := range []string{"192.0.2.1", "192.0.2.1 example.test", "fe80::1%a-b", "192.0.2.0-192.0.2.255", "::-::ffff", "1.1.1.2-1.1.1.1", "::-ffff::", "-"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, item string) {
		var s, again Set
		if s.AddItem(item) != nil {
			return
		}
		err := copySet(&again, &s)
		if err != nil || again.Len() != s.Len() || again.At(0) != s.At(0) || again.At(s.Len()-1) != s.At(s.Len()-1) {
			t.Errorf("%q became %q: %v", item, slices.Collect(s.Items()), err)
		}
	})
}

// TestSetText holds that a set of every kind of target survives being written.
func TestSetText(t *testing.T) {
	targets, err := Parse("192.0.2.7,198.51.100.0/30,192.0.2.0-192.0.2.9,2001:db8::/126,fe80::1%eth-0,198.51.100.1")
	if err != nil {
		t.Fatal(err)
	}
	eth := func() ([]Interface, error) { return []Interface{{Name: "eth-0"}}, nil }
	found, err := Resolve(t.Context(), Request{Targets: targets, Family: Any, Resolver: &net.Resolver{}, Interfaces: eth})
	if err != nil || found.Unresolved != nil || len(found.Sets) != 1 {
		t.Fatal(found, err)
	}
	s, again := found.Sets[0], new(Set)
	if err := copySet(again, s); err != nil {
		t.Fatal(err)
	}
	if want, got := slices.Collect(s.All()), slices.Collect(again.All()); !slices.Equal(want, got) {
		t.Errorf("%q is %v, want %v", slices.Collect(s.Items()), got, want)
	}
}

// copySet fills a set by the items of another.
func copySet(to, from *Set) error {
	for item := range from.Items() {
		if err := to.AddItem(item); err != nil {
			return err
		}
	}
	return nil
}
