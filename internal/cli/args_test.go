package cli

import (
	"bytes"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func arranged(args ...string) ([]string, error) {
	c := console{out: &bytes.Buffer{}, err: &bytes.Buffer{}, getenv: func(string) string { return "" }}
	return arrange(c.app(), append([]string{"porthole"}, args...))
}

func TestArrange(t *testing.T) {
	for _, test := range []struct{ in, want string }{
		{"scan host -p 80", "porthole scan --ports=80 -- host"},
		{"scan -p80 host", "porthole scan --ports=80 -- host"},
		{"scan -p=80 host", "porthole scan --ports=80 -- host"},
		{"scan host -p -", "porthole scan --ports=- -- host"},
		{"scan host -p -1023", "porthole scan --ports=-1023 -- host"},
		{"scan host -4v", "porthole scan --4=true --verbose=true -- host"},
		{"scan host --timeout 2", "porthole scan --timeout=2s -- host"},
		{"scan --verify host", "porthole scan --verify=usual -- host"},
		{"scan --verify=all host", "porthole scan --verify=all -- host"},
		{"scan -- -host", "porthole scan -- -host"},
		{"--color never scan host", "porthole scan --color=never -- host"},
		{"-q scan host", "porthole scan --quiet=true -- host"},
		{"ls 22", "porthole list -- 22"},
		{"lookup -1023", "porthole lookup -- -1023"},
		{"list -o json=a,b -o table", "porthole list --output=json=a,b --output=table --"},
		{"scan host -h -p 80", "porthole scan --help=true"},
		{"8080", "porthole explain -- 8080"},
		{"8080 -v --netns all", "porthole explain --verbose=true --netns=all -- 8080"},
		{"-q 8080", "porthole explain --quiet=true -- 8080"},
		{"scan -sT -Pn -n -T4 -F host", "porthole scan --discover=never --top=100 -- host"},
		{"scan -sU -sV -iL f --max-rate=9", "porthole scan --udp=true --verify=usual --input=f --rate=9 --"},
		{"scan -oX - -oG g -p- host", "porthole scan --output=xml --output=grep=g --ports=- -- host"},
		{"scan -oA b host", "porthole scan --output=table=b.nmap --output=xml=b.xml --output=grep=b.gnmap -- host"},
		{"scan -iL - --json", "porthole scan --input=- --output=json --"},
		{"list -tulpn", "porthole list --tcp=true --udp=true --"},
		{"list -tlnp4 22", "porthole list --tcp=true --4=true -- 22"},
		{"scan host --port 80", "porthole scan --ports=80 -- host"},
		{"list --ports 80 --format csv", "porthole list --port=80 --output=csv --"},
		{"watch -n 2 nginx", "porthole watch --interval=2s -- nginx"},
		{"watch -tulpn nginx", "porthole watch --tcp=true --udp=true -- nginx"},
		{"watch -n nginx", "porthole watch -- nginx"},
		{"audit --json", "porthole audit --output=json --"},
		{"--version", "porthole --version"},
		{"help scan", "porthole help scan"},
		{"", "porthole"},
	} {
		got, err := arranged(strings.Fields(test.in)...)
		if err != nil {
			t.Errorf("%s: %v", test.in, err)
		}
		if diff := cmp.Diff(strings.Fields(test.want), got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.in, diff)
		}
	}
}

// TestMeantInstead checks what is said of a word that is no command.
func TestMeantInstead(t *testing.T) {
	for word, want := range map[string]string{
		"example.com":         "write porthole scan example.com",
		"192.0.2.0/24":        "write porthole scan 192.0.2.0/24",
		"[::1]:80":            "write porthole scan [::1]:80",
		"localhost":           "write porthole scan localhost",
		"host:80":             "write porthole scan host:80",
		"scna":                `did you mean "scan"?`,
		"70000":               "the highest port is 65535",
		"host:nonsense":       "porthole --help the commands",
		"nginx":               "porthole list nginx shows",
		"http":                "porthole explain http tells who is on that service's port here",
		"help nonsense":       `no command "nonsense"; porthole list nonsense shows`,
		"help scna":           `no command "scna"; did you mean "scan"?`,
		"-V":                  "write porthole --version",
		"--rdns":              "write porthole scan --rdns",
		"--port":              "write porthole COMMAND --port",
		"--list":              `no flag "--list" before the command; porthole --help lists the commands`,
		"-1":                  `no flag "-1" before the command; porthole --help lists the commands`,
		"list --bogus":        "no flag --bogus; porthole list --help lists them",
		"list --colour":       "did you mean --color?",
		"wait 80 --timeout 0": `"0" is no time; write one above 0`,
	} {
		_, err := arranged(strings.Fields(word)...)
		if code, _ := exitCode(err); code != exitUsage || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", word, err)
		}
	}
}

// FuzzArrange holds that whatever is typed is either one usage error or flags
// that the flag package reads as they were meant.
func FuzzArrange(f *testing.F) {
	for _, seed := range []string{"scan host -p 80", "scan -p80 -- -x", "-q ls", "lookup -1023", "list -o json=x -avq", "help", "scan -p", "--", "- -", "scan --4=x"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, line string) {
		got, err := arranged(strings.Fields(line)...)
		if err != nil {
			if code, _ := exitCode(err); code != exitUsage {
				t.Errorf("%q: %v is no usage error", line, err)
			}
			return
		}
		for _, arg := range got[min(2, len(got)):] {
			if arg == "--" {
				return
			}
			if name, _, found := strings.Cut(arg, "="); !strings.HasPrefix(name, "--") || !found && got[1] != "help" {
				t.Errorf("%q: arranged as %q, and %q is not a flag with a value", line, got, arg)
			}
		}
	})
}

// TestSSFilter: a filter of ss is answered with what says the same here, and a program
// with a word of it for a name is still found.
func TestSSFilter(t *testing.T) {
	for query, want := range map[string]string{
		"state established": "write --state established",
		"sport = :80":       "write porthole list 80",
		"dst 192.0.2.0/24":  "--remote CIDR",
		"state":             "",
		"sport":             "",
		"nginx redis 80-90": "",
	} {
		words := strings.Fields(query)
		for _, queries := range [][]string{words, {query}} {
			err := ssFilter(queries)
			if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
				t.Errorf("%q: %v", queries, err)
			}
		}
	}
}

// TestHabits holds that no flag of another tool hides one of ours, and that what it
// means here is a flag that there is.
func TestHabits(t *testing.T) {
	for _, cmd := range testConsole().app().Commands {
		for _, h := range habits(cmd.Name) {
			if f := find(cmd.Flags, strings.TrimLeft(h.typed, "-")); f != nil {
				t.Errorf("%s %s is a flag of its own", cmd.Name, h.typed)
			}
			for means := range strings.FieldsSeq(h.means) {
				name, _, _ := strings.Cut(strings.TrimPrefix(means, "--"), "=")
				if find(cmd.Flags, name) == nil && cmd.Name != "kill" && cmd.Name != "wait" {
					t.Errorf("%s %s means %s, which there is not", cmd.Name, h.typed, means)
				}
			}
		}
	}
	for typed, want := range map[string]string{
		"scan -sS host": "scan: -sS: porthole connects", "scan -T0 host": "write --rate N", "list -x": "ss -x does", "scan -Z host": "no flag -Z; porthole scan --help lists them",
		"kill 1 --json": "no flag --output", "scan -g 53 host": "the kernel chooses the source port", "scan -sX host": "no raw packets",
		"scan --top-port 5 host": "did you mean --top-ports?", "scan --prots 5 host": "did you mean --ports?", "scan --closed host": "no flag --closed; porthole scan --help lists them",
		"list --listenin": "did you mean --listening?", "scan --proxy host": "no flag --proxy; porthole", "list --version": "write porthole --version",
		"scan -PS host": "--discover always", "scan -sCV host": "write --verify", "list --kill 80": "porthole kill PORT",
	} {
		if _, err := arranged(strings.Fields(typed)...); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", typed, err)
		}
	}
	for word, command := range otherNames() {
		name, _, _ := strings.Cut(command, " ")
		if testConsole().app().Command(word) != nil || name != "--version" && testConsole().app().Command(name) == nil {
			t.Errorf("%s is not %s", word, command)
		}
	}
}
