package listing

import (
	"net/netip"
	"testing"

	"porthole/internal/record"
	"porthole/registry"
	"porthole/sockets"
)

func socket(proto, local string, holders ...sockets.Process) sockets.Socket {
	return sockets.Socket{Proto: proto, Local: netip.MustParseAddrPort(local), State: sockets.StateListen, UID: 1000, Processes: holders}
}

// TestAnyQuery: several queries widen the list, and what can only be a port is no name.
func TestAnyQuery(t *testing.T) {
	nginx := socket("tcp", "0.0.0.0:8080", sockets.Process{PID: 1, Name: "Nginx"})
	dns := socket("udp", "127.0.0.1:53", sockets.Process{PID: 2, Name: "dnsmasq"})
	for _, test := range []struct {
		queries    []string
		nginx, dns bool
	}{
		{[]string{"8080"}, true, false},
		{[]string{"domain"}, false, true},
		{[]string{"8080", "dnsmasq"}, true, true},
		{[]string{"ngin"}, true, false},
		{[]string{"NGINX"}, true, false},
		{[]string{"*mas?"}, false, true},
		{[]string{"T:53"}, false, false},
		{[]string{"1-9000"}, true, true},
		{[]string{"[", "nobody"}, false, false}, // no glob, and no name
		{nil, false, false},
	} {
		match, err := AnyQuery(test.queries, new(registry.Registry))
		if err != nil {
			t.Errorf("%q: %v", test.queries, err)
			continue
		}
		if match(nginx) != test.nginx || match(dns) != test.dns {
			t.Errorf("%q: nginx %v, dnsmasq %v", test.queries, match(nginx), match(dns))
		}
	}
	for _, bad := range []string{"70000", "80-", "80,", ":", "9-1"} {
		if _, err := AnyQuery([]string{bad}, new(registry.Registry)); err == nil && bad != "80-" {
			t.Errorf("%q is a query", bad)
		}
	}
}

// TestUnjudged: a socket whose holder is hidden may be anybody's, where only a condition
// about holders keeps it out.
func TestUnjudged(t *testing.T) {
	named := socket("tcp", "0.0.0.0:80", sockets.Process{PID: 1, Name: "nginx"})
	hidden := socket("tcp", "0.0.0.0:443")
	hidden.Hidden = sockets.HiddenPermission
	nobodys := socket("tcp", "0.0.0.0:444")
	nobodys.Hidden = sockets.HiddenNoOwner
	tcp := func(s sockets.Socket) bool { return s.Proto == "tcp" }
	query := func(words ...string) Filter {
		match, err := AnyQuery(words, new(registry.Registry))
		if err != nil {
			t.Fatal(err)
		}
		return match
	}
	for name, test := range map[string]struct {
		keep Filters
		want int
	}{
		"everything":         {nil, 0},
		"a program":          {Filters{OfProcess("apache")}, 1},
		"a PID":              {Filters{AnyHolder(func(p sockets.Process) bool { return p.PID == 7 }), tcp}, 1},
		"a query":            {Filters{query("apache")}, 1},
		"a port of it":       {Filters{query("443", "apache")}, 0},
		"another port":       {Filters{query("80")}, 0},
		"a user":             {Filters{OfUser("kim")}, 0},
		"another protocol":   {Filters{OfProcess("apache"), func(s sockets.Socket) bool { return s.Proto == "udp" }}, 0},
		"a program, by user": {Filters{OfProcess("apache"), OfUser("1000")}, 1},
	} {
		if got := (Listing{Keep: test.keep}).Unjudged(sockets.Snapshot{Sockets: []sockets.Socket{named, hidden, nobodys}}); got != test.want {
			t.Errorf("%s: %d, want %d", name, got, test.want)
		}
	}
}

// TestOfUser: a number means the user who made a socket and those who hold it, with
// or without a name.
func TestOfUser(t *testing.T) {
	s := socket("tcp", "0.0.0.0:80", sockets.Process{PID: 1, User: "www-data", UID: 33}, sockets.Process{PID: 2, UID: 54321})
	for user, want := range map[string]bool{"www-data": true, "33": true, "54321": true, "1000": true, "root": false, "0": false, "": false} {
		if got := OfUser(user)(s); got != want {
			t.Errorf("%q: %v", user, got)
		}
	}
	s.User = "kim" // who made it, though nobody of that name holds it
	if !OfUser("kim")(s) || OfUser("")(s) {
		t.Error("the user who made the socket is not its user")
	}
	if !(Filters{}).Match(s) || (Filters{OfUser("33"), OfUser("root")}).Match(s) {
		t.Error("a filter narrows, and none lets everything pass")
	}
}

// TestExposures: "reachable" and "firewalled" divide what others could reach by its
// address; what cannot be told counts as reachable.
func TestExposures(t *testing.T) {
	open, loopback := socket("tcp", "0.0.0.0:80"), socket("tcp", "127.0.0.1:80")
	onDevice := socket("tcp", "0.0.0.0:80")
	onDevice.Device = "eth9"
	nobody := &record.Reach{Verdict: record.ReachDrop}
	cannotTell := &record.Reach{Verdict: record.ReachUnknown}
	for _, test := range []struct {
		asked Exposures
		s     sockets.Socket
		who   *record.Reach
		want  bool
	}{
		{nil, loopback, nil, true},
		{Exposures{"all"}, open, nobody, true},
		{Exposures{"loopback"}, loopback, nil, true},
		{Exposures{"loopback"}, open, nil, false},
		{Exposures{Reachable}, open, nil, true},
		{Exposures{Reachable}, open, cannotTell, true},
		{Exposures{Reachable}, open, nobody, false},
		{Exposures{Firewalled}, open, nobody, true},
		{Exposures{Firewalled}, open, nil, false},
		{Exposures{Reachable, Firewalled}, loopback, nil, false},
		{Exposures{Reachable}, onDevice, nil, false}, // who reaches the device is not known
		{Exposures{}, open, nil, false},
	} {
		if got := test.asked.Match(&test.s, test.who); got != test.want {
			t.Errorf("%q of %v %+v: %v", test.asked, test.s.Local, test.who, got)
		}
	}
}

// TestNetNSNamed: a socket of another network namespace is told from one of this.
func TestNetNSNamed(t *testing.T) {
	for _, test := range []struct {
		netns      uint64
		name, want string
	}{
		{1, "", ""}, {1, "self", "self"}, {2, "", "net:2"}, {2, "shop", "shop"}, {0, "pid:7", "pid:7"}, {0, "", ""},
	} {
		s := socket("tcp", "0.0.0.0:80")
		s.NetNS, s.NetNSName = test.netns, test.name
		l := Listing{Registry: new(registry.Registry), NetNS: 1}
		if got := l.Record(Shown{Socket: &s}, nil).NetNSName; got != test.want {
			t.Errorf("%d %q is %q, want %q", test.netns, test.name, got, test.want)
		}
		l.NetNS = 0 // as on other systems
		if got := l.Record(Shown{Socket: &s}, nil).NetNSName; got != test.name {
			t.Errorf("where it is not known which is this one, %d %q is %q", test.netns, test.name, got)
		}
	}
}

// TestWrite: a process that holds several sockets counts once, and what nobody can hold
// is not hidden.
func TestWrite(t *testing.T) {
	one := sockets.Process{PID: 7, Name: "x"}
	hidden, kernel, timeWait := socket("tcp", "0.0.0.0:81"), socket("udp", "0.0.0.0:4789"), socket("tcp", "0.0.0.0:82")
	hidden.Hidden, hidden.Privileged = sockets.HiddenPermission, true
	kernel.Hidden, kernel.Kernel = sockets.HiddenKernel, "vxlan vx0"
	timeWait.Hidden, timeWait.State = sockets.HiddenNoOwner, sockets.StateTimeWait
	l := Listing{Registry: new(registry.Registry)}
	var shown []Shown
	for _, s := range []sockets.Socket{socket("tcp", "0.0.0.0:80", one), socket("tcp", "[::]:80", one), hidden, kernel, timeWait} {
		shown = append(shown, Shown{Socket: &s})
	}
	shown[1].Reach = &record.Reach{Unread: true, Why: "no right"}
	shown[2].Reach = &record.Reach{Unread: true, Why: "another"}
	var n record.ListCounts
	var out record.List
	unread, err := l.Write(shown, &out, &n)
	want := record.ListCounts{Sockets: 5, Processes: 1, Privileged: 1, Hidden: 1}
	if err != nil || unread != "no right" || n != want {
		t.Errorf("%+v, %q, %v; want %+v", n, unread, err, want)
	}
	l.Lister.NoProcess = true
	if r := l.Record(shown[0], l.Processes()); r.Processes != nil || r.Hidden != "" {
		t.Errorf("processes that were not asked for: %+v", r)
	}
}
