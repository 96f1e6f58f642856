package drift

import (
	order "cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"porthole/internal/record"
	"porthole/internal/report"
	"porthole/internal/spill"
)

// listener is a socket with one holder; change adds to it.
func listener(addr string, port uint16, exposure, exe string, change ...func(*record.Record)) record.Record {
	r := record.Record{Kind: record.KindSocket, Proto: "tcp", Addr: addr, Port: port, State: "listen", Exposure: exposure}
	if exe != "" {
		r.Processes = &[]record.Process{{PID: 100 + int(port), Name: "x", Exe: exe, User: "root"}}
	}
	for _, c := range change {
		c(&r)
	}
	return r
}

func holder(change func(*record.Process)) func(*record.Record) {
	return func(r *record.Record) {
		processes := append([]record.Process(nil), *r.Processes...)
		change(&processes[0])
		r.Processes = &processes
	}
}

func inUnit(unit string) func(*record.Record) {
	return holder(func(p *record.Process) { p.Unit = unit })
}

func withPID(pid int) func(*record.Record) { return holder(func(p *record.Process) { p.PID = pid }) }

func alsoHeldBy(pid int, exe string, parent int) func(*record.Record) {
	return func(r *record.Record) {
		*r.Processes = append(*r.Processes, record.Process{PID: pid, Exe: exe, User: "root", Parents: []record.Parent{{PID: parent}}})
	}
}

func verdictOf(port uint16, state string, change ...func(*record.Record)) record.Record {
	r := record.Record{Kind: record.KindPort, Proto: "tcp", Addr: "198.18.0.7", Port: port, State: state}
	for _, c := range change {
		c(&r)
	}
	return r
}

// lines is a change a line.
func lines(changes []record.Record) string {
	var b strings.Builder
	for _, c := range changes {
		fmt.Fprintf(&b, "%s %s/%s:%d %q %q\n", c.What, c.Proto, c.Addr, c.Port, c.Before, c.After)
	}
	return b.String()
}

func TestCompareLists(t *testing.T) {
	const web, db = "/usr/sbin/nginx", "/usr/bin/redis-server"
	type records = []record.Record
	for _, test := range []struct {
		name     string
		old, new records
		want     string
	}{
		{"nothing", records{}, records{}, ""},
		{"a restart", records{listener("0.0.0.0", 80, "all", web)}, records{listener("0.0.0.0", 80, "all", web, withPID(9))}, ""},
		{"an update on disk", records{listener("0.0.0.0", 80, "all", web)}, records{listener("0.0.0.0", 80, "all", web+" (deleted)")}, ""},
		{"opened", records{}, records{listener("0.0.0.0", 80, "all", web)}, "opened tcp/0.0.0.0:80 \"\" \"/usr/sbin/nginx as root\"\n"},
		{"closed", records{listener("0.0.0.0", 80, "all", web)}, records{}, "closed tcp/0.0.0.0:80 \"/usr/sbin/nginx as root\" \"\"\n"},
		{"another owner", records{listener("0.0.0.0", 80, "all", web)}, records{listener("0.0.0.0", 80, "all", "/tmp/x")},
			"owner tcp/0.0.0.0:80 \"/usr/sbin/nginx as root\" \"/tmp/x as root\"\n"},
		{"another user", records{listener("0.0.0.0", 80, "all", web)}, records{listener("0.0.0.0", 80, "all", web, holder(func(p *record.Process) { p.User = "www" }))},
			"owner tcp/0.0.0.0:80 \"/usr/sbin/nginx as root\" \"/usr/sbin/nginx as www\"\n"},
		{"a unit is the owner, whatever it runs", records{listener("0.0.0.0", 80, "all", web, inUnit("web.service"))},
			records{listener("0.0.0.0", 80, "all", "/usr/sbin/apache2", inUnit("web.service"))}, ""},
		{"an old file without units", records{listener("0.0.0.0", 80, "all", web)}, records{listener("0.0.0.0", 80, "all", web, inUnit("web.service"))}, ""},
		{"a session's scope is no owner", records{listener("0.0.0.0", 80, "all", web, inUnit("session-1.scope"))},
			records{listener("0.0.0.0", 80, "all", web, inUnit("session-2.scope"))}, ""},
		{"one more worker", records{listener("0.0.0.0", 80, "all", web)}, records{listener("0.0.0.0", 80, "all", web, alsoHeldBy(900, "/bin/cgi", 180))}, ""},
		{"one more holder that no other started", records{listener("0.0.0.0", 80, "all", web)}, records{listener("0.0.0.0", 80, "all", web, alsoHeldBy(900, "/bin/nc", 1))},
			"owner tcp/0.0.0.0:80 \"/usr/sbin/nginx as root\" \"/bin/nc as root, /usr/sbin/nginx as root\"\n"},
		{"hidden now", records{listener("0.0.0.0", 80, "all", web), listener("0.0.0.0", 81, "all", web)},
			records{listener("0.0.0.0", 80, "all", ""), listener("0.0.0.0", 81, "all", web)}, ""},
		{"moved out", records{listener("127.0.0.1", 6379, "loopback", db), listener("::1", 6379, "loopback", db)}, records{listener("0.0.0.0", 6379, "all", db)},
			"exposure tcp/0.0.0.0:6379 \"loopback (127.0.0.1, ::1)\" \"all (0.0.0.0)\"\n"},
		{"moved, but no further", records{listener("192.0.2.1", 6379, "public", db)}, records{listener("192.0.2.2", 6379, "public", db)},
			"closed tcp/192.0.2.1:6379 \"/usr/bin/redis-server as root\" \"\"\nopened tcp/192.0.2.2:6379 \"\" \"/usr/bin/redis-server as root\"\n"},
		{"moved, with another owner", records{listener("127.0.0.1", 6379, "loopback", db)}, records{listener("0.0.0.0", 6379, "all", web)},
			"opened tcp/0.0.0.0:6379 \"\" \"/usr/sbin/nginx as root\"\nclosed tcp/127.0.0.1:6379 \"/usr/bin/redis-server as root\" \"\"\n"},
		{"the namespace got a way out", records{listener("0.0.0.0", 80, "loopback", web)}, records{listener("0.0.0.0", 80, "all", web)},
			"exposure tcp/0.0.0.0:80 \"loopback\" \"all\"\n"},
		{"another namespace is another socket", records{listener("0.0.0.0", 80, "all", web)},
			records{listener("0.0.0.0", 80, "all", web, func(r *record.Record) { r.NetNSName = "blue" })},
			"closed tcp/0.0.0.0:80 \"/usr/sbin/nginx as root\" \"\"\nopened tcp/0.0.0.0:80 \"\" \"/usr/sbin/nginx as root\"\n"},
		{"a namespace named by a process", records{listener("0.0.0.0", 80, "all", web, func(r *record.Record) { r.NetNSName = "pid:812" })},
			records{listener("0.0.0.0", 80, "all", web, func(r *record.Record) { r.NetNSName = "pid:77" })}, ""},
		{"another protocol", records{listener("0.0.0.0", 53, "all", web)},
			records{listener("0.0.0.0", 53, "all", web, func(r *record.Record) { r.Proto, r.State = "udp", "bound" })},
			"closed tcp/0.0.0.0:53 \"/usr/sbin/nginx as root\" \"\"\nopened udp/0.0.0.0:53 \"\" \"/usr/sbin/nginx as root\"\n"},
		{"connections come and go", records{}, records{listener("127.0.0.1", 40000, "loopback", web, func(r *record.Record) { r.State = "established" })}, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, lines(compare(t, test.old, test.new))); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestCompareScans(t *testing.T) {
	type records = []record.Record
	box := func(r *record.Record) { r.Middlebox = true }
	for _, test := range []struct {
		name     string
		old, new records
		want     string
	}{
		{"the same", records{verdictOf(22, "open")}, records{verdictOf(22, "open", func(r *record.Record) { r.Attempts = 3 })}, ""},
		{"opened, not shown before", records{}, records{verdictOf(22, "open")}, "opened tcp/198.18.0.7:22 \"\" \"open\"\n"},
		{"opened, shown before", records{verdictOf(22, "filtered")}, records{verdictOf(22, "open")}, "opened tcp/198.18.0.7:22 \"filtered\" \"open\"\n"},
		{"closed, not shown now", records{verdictOf(22, "open")}, records{}, "closed tcp/198.18.0.7:22 \"open\" \"\"\n"},
		{"closed, shown now", records{verdictOf(22, "open")}, records{verdictOf(22, "closed")}, "closed tcp/198.18.0.7:22 \"open\" \"closed\"\n"},
		{"closed was not shown before", records{}, records{verdictOf(22, "closed")}, ""},
		{"closed is not shown now", records{verdictOf(22, "closed")}, records{}, ""},
		{"another state", records{verdictOf(22, "closed")}, records{verdictOf(22, "filtered")}, "state tcp/198.18.0.7:22 \"closed\" \"filtered\"\n"},
		{"answers at last", records{verdictOf(53, "open|filtered")}, records{verdictOf(53, "open")}, "state tcp/198.18.0.7:53 \"open|filtered\" \"open\"\n"},
		{"could not be asked", records{verdictOf(22, "open")}, records{verdictOf(22, "unknown")}, ""},
		{"could not be asked then", records{verdictOf(22, "unknown")}, records{verdictOf(22, "open")}, ""},
		{"a middlebox's port", records{}, records{verdictOf(22, "open", box)}, ""},
		{"behind a middlebox now", records{verdictOf(22, "open")}, records{verdictOf(22, "open", box)}, "closed tcp/198.18.0.7:22 \"open\" \"middlebox\"\n"},
		{"another service", records{verdictOf(22, "open", func(r *record.Record) { r.Service = "ssh" })},
			records{verdictOf(22, "open", func(r *record.Record) { r.Service = "bridge" })}, "service tcp/198.18.0.7:22 \"ssh\" \"bridge\"\n"},
		{"another address", records{verdictOf(22, "open")}, records{verdictOf(22, "open", func(r *record.Record) { r.Addr = "198.18.0.8" })},
			"closed tcp/198.18.0.7:22 \"open\" \"\"\nopened tcp/198.18.0.8:22 \"\" \"open\"\n"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, lines(compare(t, test.old, test.new))); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// compare compares records that are in memory.
func compare(t *testing.T, old, new []record.Record) (changes record.List) {
	t.Helper()
	in := func(records []record.Record) Reread {
		return func(at int64) (record.Record, error) { return records[at], nil }
	}
	c := New(in(old), in(new), func() (spill.File, error) { return nil, errors.New("memory should be enough") })
	defer c.Close()
	for i := range old {
		if err := c.Old(&old[i], int64(i)); err != nil {
			t.Fatal(err)
		}
	}
	for i := range new {
		if err := c.New(&new[i], int64(i)); err != nil {
			t.Fatal(err)
		}
	}
	if err := c.Changes(t.Context(), changes.Write); err != nil {
		t.Fatal(err)
	}
	return changes
}

// TestScansOrder holds that changes are sorted, whatever the order of the verdicts.
func TestScansOrder(t *testing.T) {
	var old, new, want []record.Record
	for port := uint16(1000); port > 0; port-- {
		r := verdictOf(port*7919, "open", func(r *record.Record) { r.Host = "h"; r.Addr = []string{"198.18.0.10", "198.18.0.9"}[port%2] })
		if port%3 == 0 {
			old = append(old, r)
		} else {
			new = append(new, r)
		}
		want = append(want, r)
	}
	slices.SortFunc(want, func(a, b record.Record) int { return order.Compare(int(a.Port), int(b.Port)) })
	got := compare(t, old, new)
	if len(got) != len(want) {
		t.Fatalf("%d changes, want %d", len(got), len(want))
	}
	for i := range want {
		if got[i].Port != want[i].Port || got[i].Addr != want[i].Addr {
			t.Fatalf("number %d is port %d, want %d", i, got[i].Port, want[i].Port)
		}
	}
}

func TestCompareRefusesAMix(t *testing.T) {
	for _, mix := range [][2]string{{"scan", "list"}, {"list", "lookup"}, {"lookup", "lookup"}, {"diff", "diff"}} {
		if err := Comparable(mix[0], mix[1]); err == nil {
			t.Errorf("a %s is compared with a %s", mix[0], mix[1])
		}
	}
}

// FuzzCompare checks that no list or scan makes a comparison panic, and that it has no changes
// compared with itself.
func FuzzCompare(f *testing.F) {
	for _, text := range []string{
		`{"kind":"socket","state":"listen","port":80,"processes":[]}`,
		`{"kind":"socket","state":"bound","processes":[{"pid":1,"parents":[{"pid":1}]}]}`,
		`{"kind":"port","state":"open","port":80}`,
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		s, err := report.ReadSaved(strings.NewReader(text))
		if err != nil {
			return
		}
		if changes := compare(t, s.Records, s.Records); len(changes) > 0 {
			t.Error(changes)
		}
	})
}

// answered is what a port proved.
func answered(v record.Verified) func(*record.Record) {
	v.Outcome, v.Transport = record.OutcomeIdentified, "plain"
	return func(r *record.Record) { r.Verified = &v }
}

func certified(fingerprint string, day int) *record.TLS {
	return &record.TLS{Subject: "CN=a", NotAfter: new(time.Date(2027, 1, day, 0, 0, 0, 0, time.UTC)), Fingerprint: strings.Repeat(fingerprint, 32)}
}

// TestVerified holds what is a change of what was proved, in lists and in scans.
func TestVerified(t *testing.T) {
	ssh := answered(record.Verified{Service: "ssh", Product: "OpenSSH", Version: "9.2p1"})
	newer := answered(record.Verified{Service: "ssh", Product: "OpenSSH", Version: "10.0"})
	web := answered(record.Verified{Service: "http", TLS: certified("0f", 1)})
	silent := func(r *record.Record) { r.Verified = &record.Verified{Outcome: record.OutcomeUnidentified} }
	for _, test := range []struct {
		name     string
		old, new func(*record.Record)
		want     string
	}{
		{"the same", ssh, ssh, ""},
		{"not proved now", ssh, silent, ""},
		{"not proved before", silent, ssh, ""},
		{"not verified before", func(*record.Record) {}, ssh, ""},
		{"another protocol", ssh, web, "service tcp/198.18.0.7:22 \"ssh\" \"http\"\n"},
		{"another version", ssh, newer, "version tcp/198.18.0.7:22 \"OpenSSH 9.2p1\" \"OpenSSH 10.0\"\n"},
		{"another certificate", web, answered(record.Verified{Service: "http", TLS: certified("1f", 2)}),
			"certificate tcp/198.18.0.7:22 \"CN=a until 2027-01-01 (0f0f0f0f0f0f0f0f)\" \"CN=a until 2027-01-02 (1f1f1f1f1f1f1f1f)\"\n"},
		{"no certificate seen", web, answered(record.Verified{Service: "http"}), ""},
		{"both", web, answered(record.Verified{Service: "http", Product: "x", TLS: certified("1f", 1)}),
			"version tcp/198.18.0.7:22 \"\" \"x\"\ncertificate tcp/198.18.0.7:22 \"CN=a until 2027-01-01 (0f0f0f0f0f0f0f0f)\" \"CN=a until 2027-01-01 (1f1f1f1f1f1f1f1f)\"\n"},
	} {
		if diff := cmp.Diff(test.want, lines(compare(t, []record.Record{verdictOf(22, "open", test.old)}, []record.Record{verdictOf(22, "open", test.new)}))); diff != "" {
			t.Errorf("%s, of scans: %s", test.name, diff)
		}
		byList := compare(t, []record.Record{listener("198.18.0.7", 22, "all", "/x", test.old)}, []record.Record{listener("198.18.0.7", 22, "all", "/x", test.new)})
		if got := lines(byList); len(got) != len(test.want) {
			t.Errorf("%s, of lists: %q", test.name, got)
		}
	}
}

// TestReach: another verdict of the firewall is a change, with who gets through in
// words; what cannot be told is none.
func TestReach(t *testing.T) {
	list := func(r *record.Reach) []record.Record {
		return []record.Record{{Kind: record.KindSocket, Proto: "tcp", Addr: "0.0.0.0", Port: 6379, State: "listen", Exposure: "all", Reach: r}}
	}
	drop, accept := &record.Reach{Verdict: "drop", Rule: "inet filter input: policy drop"}, &record.Reach{Verdict: "accept"}
	some := &record.Reach{Verdict: "partly", From: []string{"10.0.0.0/8"}, Rule: "inet filter input handle 7: accept"}
	again := &record.Reach{Verdict: "partly", From: []string{"10.0.0.0/8"}, Rule: "inet filter input handle 99: accept"}
	unread := &record.Reach{Verdict: "unknown", Unread: true}
	for _, test := range []struct {
		was, is       *record.Reach
		before, after string // "" no change
	}{
		{drop, accept, "nobody", "everyone"}, {accept, some, "everyone", "only 10.0.0.0/8"}, {some, drop, "only 10.0.0.0/8", "nobody"},
		{some, again, "", ""}, {drop, unread, "", ""}, {unread, accept, "", ""}, {nil, accept, "", ""},
	} {
		got := compare(t, list(test.was), list(test.is))
		switch {
		case test.before == "":
			if len(got) != 0 {
				t.Errorf("%+v, %+v: %+v", test.was, test.is, got)
			}
		case len(got) != 1 || got[0].What != record.ChangeReach || got[0].Change.Before != test.before || got[0].Change.After != test.after:
			t.Errorf("%+v, %+v: %+v", test.was, test.is, got)
		}
	}
}
