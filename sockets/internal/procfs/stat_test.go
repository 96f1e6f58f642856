package procfs

import (
	"fmt"
	"strconv"
	"strings"
	"testing"
)

// statLine is a line as Linux 6 prints it, with a name to be put in.
const statLine = "812 (%NAME%) S 1 812 812 0 -1 4194560 1200 0 3 0 5 2 0 0 20 0 1 0 4711 15000000 1500 18446744073709551615 1 1 0 0 0 0 0 4096 81920 0 0 0 17 1 0 0 0 0 0 0 0 0 0 0 0 0 0\n"

func TestParseStat(t *testing.T) {
	for _, name := range []string{"sshd", "", "a b", ")", ") R 1 1 1 1 (", "x) S 1", "((", "new\nline", "\x1b[31m", `x",pid=1,fd=3))`} {
		got, err := ParseStat(strings.Replace(statLine, "%NAME%", name, 1))
		if want := (Stat{Name: name, State: 'S', Parent: 1, Started: 4711, Pages: 1500}); err != nil || got != want {
			t.Errorf("name %q: %+v, %v; want %+v", name, got, err, want)
		}
	}
	if got, err := ParseStat(strings.Replace(statLine, ") S 1", ") Z 1", 1)); err != nil || got.State != 'Z' {
		t.Errorf("%+v, %v; want a zombie", got, err)
	}
	short, _, _ := strings.Cut(strings.Replace(statLine, "%NAME%", "sshd", 1), " 15000000")
	if got, err := ParseStat(short); err != nil || got.Started != 4711 || got.Pages != 0 {
		t.Errorf("without the memory: %+v, %v", got, err)
	}
	for _, bad := range []string{"", "812", "812 (sshd", "812 )sshd(", "812 (sshd)", "812 (sshd) S 1 2 3",
		strings.Replace(statLine, "4711", "soon", 1), strings.Replace(statLine, "4711", "-1", 1), strings.Replace(statLine, " S 1 ", " S x ", 1)} {
		if got, err := ParseStat(bad); err == nil {
			t.Errorf("ParseStat(%q) = %+v, want an error", bad, got)
		}
	}
}

func FuzzParseStat(f *testing.F) {
	f.Add("sshd", uint64(4711))
	f.Add(") R 1 1 1 1 (", uint64(0))
	f.Add("new\nline\x1b", uint64(1)<<63)
	f.Fuzz(func(t *testing.T, name string, ticks uint64) {
		// Whatever the name, the fields behind it are found …
		line := strings.Replace(statLine, "4711", strconv.FormatUint(ticks, 10), 1)
		got, err := ParseStat(strings.Replace(line, "%NAME%", name, 1))
		if want := (Stat{Name: name, State: 'S', Parent: 1, Started: ticks, Pages: 1500}); err != nil || got != want {
			t.Errorf("name %q: %+v, %v; want %+v", name, got, err, want)
		}
		// … and any text at all is read without a panic.
		if _, err := ParseStat(name); err == nil && !strings.Contains(name, ")") {
			t.Errorf("%q is no stat line", name)
		}
	})
}

func TestParseCapEff(t *testing.T) {
	const status = "Name:\tx\\nCapEff:\t1\nUid:\t0\t0\t0\t0\nCapPrm:\t000001ffffffffff\nCapEff:\t0000000000000400\nCapBnd:\t000001ffffffffff\n"
	if got, err := ParseCapEff(status); err != nil || got != 1<<10 {
		t.Errorf("got %x, %v", got, err)
	}
	for _, bad := range []string{"", "CapEff:\t0\n", "\nCapEff:\tall\n"} {
		if got, err := ParseCapEff(bad); err == nil {
			t.Errorf("ParseCapEff(%q) = %x, want an error", bad, got)
		}
	}
}

func TestParseUID(t *testing.T) {
	for status, want := range map[string]uint32{
		"Name:\tsshd\nUmask:\t0022\nUid:\t1000\t0\t0\t0\nGid:\t5\t5\t5\t5\n": 0,
		"Name:\tUid:\t7\t7\nUid:\t1000\t1001\t1002\t1003":                    1001,
		"Name:\ta\\nUid:\\t7\nUid:\t0\t4294967294\t0\t0\n":                   4294967294,
	} {
		if got, err := ParseUID(status); err != nil || uint32(got) != want {
			t.Errorf("ParseUID(%q) = %d, %v; want %d", status, got, err, want)
		}
	}
	for _, bad := range []string{"", "Uid:\t1\t1\t1\t1\n", "Name:\tx\nUid:\t1\n", "\nUid:\t1\t-1\n", "\nUid:\t1\t4294967296\n"} {
		if got, err := ParseUID(bad); err == nil {
			t.Errorf("ParseUID(%q) = %d, want an error", bad, got)
		}
	}
}

func FuzzParseUID(f *testing.F) {
	f.Add("sshd", uint32(0))
	f.Add("Uid:\t7\t7", uint32(1000))
	f.Add(`a\nUid:\t7\t7`, uint32(1)<<31)
	f.Fuzz(func(t *testing.T, name string, uid uint32) {
		// As the kernel writes it: no newline in the name.
		name = strings.ReplaceAll(name, "\n", `\n`)
		got, err := ParseUID(fmt.Sprintf("Name:\t%s\nUid:\t1\t%d\t2\t3\n", name, uid))
		if err != nil || got != int(uid) {
			t.Errorf("name %q: %d, %v; want %d", name, got, err, uid)
		}
	})
}

func TestFullName(t *testing.T) {
	const comm = "a-long-process-" // 15 bytes
	for _, test := range []struct {
		about, comm, exe string
		cmdline          []string
		want             string
	}{
		{"short", "sshd", "/usr/sbin/sshd-session", []string{"sshd-session"}, "sshd"},
		{"from the executable", comm, "/opt/a-long-process-name", []string{"liar"}, "a-long-process-name"},
		{"deleted executable", comm, "/opt/a-long-process-name (deleted)", nil, "a-long-process-name"},
		{"from the arguments", comm, "/usr/bin/python3", []string{"/opt/a-long-process-name", "-v"}, "a-long-process-name"},
		{"renamed itself", comm, "/usr/bin/python3", []string{"python3"}, comm},
		{"exactly 15", comm, "/opt/a-long-process-", nil, comm},
		{"kernel thread", "kworker/0:1-eve", "", nil, "kworker/0:1-eve"},
	} {
		if got := FullName(test.comm, test.exe, test.cmdline); got != test.want {
			t.Errorf("%s: %q, want %q", test.about, got, test.want)
		}
	}
}

func TestParsePortStart(t *testing.T) {
	for text, want := range map[string]uint16{"1024\n": 1024, "0\n": 0, "65535": 65535, " 80 ": 80} {
		if got, err := ParsePortStart(text); err != nil || got != want {
			t.Errorf("ParsePortStart(%q) = %d, %v; want %d", text, got, err, want)
		}
	}
	for _, bad := range []string{"", "-1", "65536", "many"} {
		if got, err := ParsePortStart(bad); err == nil {
			t.Errorf("ParsePortStart(%q) = %d, want an error", bad, got)
		}
	}
}

func FuzzParsePortStart(f *testing.F) {
	for _, seed := range []string{"1024\n", "0", "65536", "\x00"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		first, err := ParsePortStart(text)
		if err != nil {
			return
		}
		if again, err := ParsePortStart(strconv.Itoa(int(first))); err != nil || again != first {
			t.Errorf("%q read as %d, read again as %d, %v", text, first, again, err)
		}
	})
}
