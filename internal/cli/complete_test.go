package cli

import (
	"bytes"
	"net"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"porthole/sockets"
)

// completed is the answer to the words of a line, without the explanations.
func completed(t *testing.T, words ...string) []string {
	t.Helper()
	c := testConsole()
	c.args = append([]string{"porthole", "complete", "--"}, words...)
	if err := c.run(t.Context()); err != nil {
		t.Fatal(err)
	}
	var list []string
	for line := range strings.Lines(c.out.(*bytes.Buffer).String()) {
		word, _, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "\t")
		list = append(list, word)
	}
	return list
}

func TestComplete(t *testing.T) {
	for _, c := range []struct {
		line string // the last blank-separated word is the one typed
		want string
	}{
		{"", "scan merge list lookup watch explain kill wait diff audit mcp completion"},
		{"l", "list lookup"},
		{"nonsense", ""},
		{"nonsense ", "scan merge list lookup watch explain kill wait diff audit mcp completion"},
		{"-o js", "json jsonl"},
		{"-o json lo", "lookup"},
		{"-q ls --no-p", "--no-process"},
		{"ls --no-process --no-p", ""},
		{"ls --no", "--no-process --no-bpf"},
		{"list --source ", "kernel gopsutil"},
		{"scan --out", "--output"},
		{"scan -o json --out", "--output"},
		{"scan -p", "-p"},
		{"scan -c", "-c"},
		{"scan -c ", ""},
		{"scan -4", "-4"},
		{"scan --rate 5 --discover a", "auto always"},
		{"scan --discover=a", "--discover=auto --discover=always"},
		{"scan --nonsense=a", ""},
		{"scan --udp=t", ""},
		{"scan -vo gr", "grep"},
		{"scan -o xml=dir/a", ":files"},
		{"scan -i ", ":files"},
		{"scan ", ":hosts"},
		{"scan -- --disc", ":hosts"},
		{"scan --exclude a,", ":hosts"},
		{"scan --show open,open", "open,open|filtered"},
		{"list -o x", ""},
		{"list -o p", "prometheus"},
		{"list --user ", ":users"},
		{"list --exposure all,l", "all,loopback all,local"},
		{"scan -p top:", "top:100 top:1000"},
		{"scan -p U:snmpdtls", "U:snmpdtls U:snmpdtls-trap"},
		{"scan -p snmpd", ""},
		{"scan --udp -p snmpdtls", "snmpdtls snmpdtls-trap"},
		{"scan --exclude-ports snmpdtls-", "snmpdtls-trap"},
		{"watch --sort stat", "state"},
		{"lookup -10", ""},
		{"lookup http*", ""},
		{"lookup T:22,postgr", "T:22,postgresql"},
		{"completion p", "powershell"},
		{"list --sort -remote_p", "-remote_port"},
		{"kill --proto ", "tcp udp"},
		{"explain --proto u", "udp"},
		{"kill -s SIGK", "SIGKILL"},
		{"kill -s K", "KILL"},
		{"explain comm", "commerce commlinx-avl commonspace commandport commplex-main commplex-link commtact-http commtact-https"},
		{"explain 22,ht", ""},
		{"explain --netns sel", "self"}, // more of it would be the names of this machine
		{"lookup cli.te", ""},
	} {
		words := strings.Split(c.line, " ")
		if diff := cmp.Diff(strings.Fields(c.want), completed(t, words...), cmp.Transformer("nil", func(l []string) []string { return append([]string{}, l...) })); diff != "" {
			t.Errorf("%q: -want +got\n%s", c.line, diff)
		}
	}
}

// TestCompleteEmptyPorts holds that an empty port expression offers the sets
// and some services, not all 11,000.
func TestCompleteEmptyPorts(t *testing.T) {
	got := completed(t, "scan", "-p", "")
	for _, want := range []string{"common", "well-known", "https", "ssh"} {
		if !slices.Contains(got, want) {
			t.Errorf("no %q in %q", want, got)
		}
	}
	if len(got) > 200 {
		t.Errorf("%d candidates", len(got))
	}
}

// TestCompleteUsedPorts holds that the ports in use come first where a command is
// about this machine, and that no other command offers them.
func TestCompleteUsedPorts(t *testing.T) {
	port := listenerPort(t)
	for _, line := range []string{"explain ", "list ", "watch --port ", "kill ", "wait ", "explain " + port, "list 22," + port, port} {
		words := strings.Split(line, " ")
		got := completed(t, words...)
		want := port
		if done, _ := cutItem(words[len(words)-1]); done != "" {
			want = done + port
		}
		at := slices.Index(got, want)
		if at < 0 {
			t.Errorf("%q offers %q, without %s", line, got, want)
		} else if i := slices.IndexFunc(got[:at], func(w string) bool { return strings.Trim(w, "0123456789,") != "" }); i >= 0 {
			t.Errorf("%q offers %q before %s", line, got[i], want)
		}
	}
	for _, line := range []string{"lookup " + port, "scan -p " + port, "explain x" + port} {
		if got := completed(t, strings.Split(line, " ")...); slices.Contains(got, port) {
			t.Errorf("%q offers %q", line, got)
		}
	}
}

// TestCompleteHeld holds that list and kill offer the programs that hold sockets, and
// kill nothing that nobody holds.
func TestCompleteHeld(t *testing.T) {
	port := listenerPort(t)
	snap, err := (&sockets.Lister{NetNS: sockets.ScopeSelf}).List(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	self := ""
	for _, s := range snap.Sockets {
		for _, p := range s.Processes {
			if strconv.Itoa(int(s.Local.Port())) == port && p.PID == os.Getpid() {
				self = p.Name
			}
		}
	}
	if self == "" {
		t.Skip("this system does not tell who holds the test's listener")
	}
	for _, line := range []string{"list ", "list " + self[:3], "watch " + self[:3], "kill ", "kill " + self[:3], "list --process "} {
		if got := completed(t, strings.Split(line, " ")...); !slices.Contains(got, self) {
			t.Errorf("%q offers %q, without %q", line, got, self)
		}
	}
	for _, word := range []string{"common", "well-known", "top:100"} {
		if got := completed(t, "kill", word[:3]); slices.Contains(got, word) {
			t.Errorf("kill offers %q", word)
		}
		if got := completed(t, "list", word[:3]); !slices.Contains(got, word) {
			t.Errorf("list offers %q, without %q", got, word)
		}
	}
	if got := completed(t, "explain", "--free", port); slices.Contains(got, port) {
		t.Errorf("--free offers %s, which is held", port)
	}
}

// listenerPort is a port that this process waits on.
func listenerPort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return strconv.Itoa(l.Addr().(*net.TCPAddr).Port)
}

// TestCompleteEveryKind holds that completion knows every kind of value and
// argument that a command has: a new one needs a line in kinds.
func TestCompleteEveryKind(t *testing.T) {
	q := &completer{}
	for _, cmd := range testConsole().app().Commands {
		if kind := argumentKind(cmd); q.kinds()[kind] == nil {
			t.Errorf("%s: completion does not know %q", cmd.Name, kind)
		}
		for _, f := range cmd.Flags {
			if kind, _ := splitUsage(f); (takesValue(f) || standsAlone(f)) == (kind == "") || q.kinds()[kind] == nil {
				t.Errorf("%s --%s: completion does not know the value %q", cmd.Name, f.Names()[0], kind)
			}
		}
	}
}

// FuzzComplete holds that any line is answered, with lines that hold no control
// characters.
func FuzzComplete(f *testing.F) {
	for _, line := range []string{"scan -p ht", "list --pid", "scan -o json=", "--", "-", "scan -pT:", "lookup :,:", "lookup [a-", "\"\""} {
		f.Add(line)
	}
	f.Fuzz(func(t *testing.T, line string) {
		if strings.Contains(line, "pid") || strings.Contains(line, "process") {
			t.Skip("reads this machine's sockets")
		}
		for _, word := range completed(t, strings.Split(line, " ")...) {
			if !strings.HasPrefix(word, ":") && strings.ContainsFunc(word, special) {
				t.Errorf("%q offers %q", line, word)
			}
		}
	})
}
