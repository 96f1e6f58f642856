package hosts

import (
	"context"
	"net"
	"slices"
	"testing"
)

// FuzzParseSet holds that no text makes ParseSet panic or a set that does not
// write itself the same again.
func FuzzParseSet(f *testing.F) {
	for _, seed := range []string{"192.0.2.1", "192.0.2.1 example.test", "fe80::1%a-b", "192.0.2.0-192.0.2.255", "::-::ffff", "1.1.1.2-1.1.1.1", "::-ffff::", "-"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, item string) {
		s, err := ParseSet(0, []string{item})
		if err != nil {
			return
		}
		again, err := ParseSet(0, s.Text())
		if err != nil || again.Len() != s.Len() || again.At(0) != s.At(0) || again.At(s.Len()-1) != s.At(s.Len()-1) {
			t.Errorf("%q became %q: %v", item, s.Text(), err)
		}
	})
}

// TestSetText holds that a set of every kind of target survives being written.
func TestSetText(t *testing.T) {
	targets, err := Parse("192.0.2.7,198.51.100.0/30,192.0.2.0-192.0.2.9,2001:db8::/126,fe80::1%eth-0,198.51.100.1")
	if err != nil {
		t.Fatal(err)
	}
	sets, problems, err := Resolve(context.Background(), &net.Resolver{}, Any, targets, nil)
	if err != nil || problems != nil || len(sets) != 1 {
		t.Fatal(sets, problems, err)
	}
	again, err := ParseSet(0, sets[0].Text())
	if err != nil {
		t.Fatal(err)
	}
	if want, got := slices.Collect(sets[0].All()), slices.Collect(again.All()); !slices.Equal(want, got) {
		t.Errorf("%q is %v, want %v", sets[0].Text(), got, want)
	}
}
