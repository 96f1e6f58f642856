package cli

import (
	"fmt"
	"strings"

	"porthole/internal/killjob"
)

// habit is a flag of another tool (nmap, masscan, ss, netstat, lsof, kill) that its users
// may type out of habit.
type habit struct {
	typed  string // as it is typed: "-sV"
	value  bool   // a value follows
	number bool   // a number may follow, else a command does so anyway: -n of watch(1), and of ss
	means  string // porthole's flags for the same, with %s for the value; "" if a command does so anyway
	say    string // what to do instead, where no flag does the same; else ""
}

// habits are those for a command. None has the name of a flag of ours.
func habits(command string) []habit {
	all := []habit{
		{typed: "--json", means: "--output=json"}, {typed: "--jsonl", means: "--output=jsonl"}, {typed: "--csv", means: "--output=csv"},
		{typed: "--format", value: true, means: "--output=%s"}, {typed: "--no-color", means: "--color=never"}, {typed: "--debug", means: "--verbose"},
		{typed: "--version", say: "write porthole --version"},
	}
	switch command {
	case "completion", "complete", "mcp":
		return nil
	case "scan":
		return append(all, scanHabits()...)
	case "list":
		return append(append(all, listHabits()...), habit{typed: "-c", say: "porthole watch shows them live"})
	case "watch":
		return append(append(all, habit{typed: "-n", number: true, means: "--interval=%s"}), listHabits()...)
	case "kill":
		return append(all, killHabits()...)
	}
	return all
}

// killHabits are those of kill(1), pkill and fuser: a signal by its name or number.
func killHabits() []habit {
	all := []habit{
		{typed: "-k"}, // of fuser
		{typed: "-f", say: "write --yes not to be asked, and --signal KILL for what does not end by itself"},
		{typed: "--force", say: "write --yes not to be asked, and --signal KILL for what does not end by itself"},
	}
	for _, name := range killjob.Signals() {
		means := "--signal=" + name
		all = append(all, habit{typed: "-" + name, means: means}, habit{typed: "-SIG" + name, means: means})
	}
	for _, number := range []string{"1", "2", "3", "9", "15"} {
		all = append(all, habit{typed: "-" + number, means: "--signal=" + number})
	}
	return all
}

// scanHabits are nmap's, as far as they are common, and some of masscan's and RustScan's.
func scanHabits() []habit {
	all := []habit{
		{typed: "-sT"}, {typed: "-sU", means: "--udp"}, {typed: "-sV", means: "--verify"}, {typed: "--banners", means: "--verify"},
		{typed: "-sn", means: "--discover=only"}, {typed: "-sP", means: "--discover=only"}, {typed: "-sL", means: "--dry-run"},
		{typed: "-Pn", means: "--discover=never"}, {typed: "-P0", means: "--discover=never"},
		{typed: "-F", means: "--top=100"}, {typed: "--top-ports", value: true, means: "--top=%s"}, {typed: "-p-", means: "--ports=-"},
		{typed: "-n"}, {typed: "-R", means: "--rdns"}, {typed: "--port", value: true, means: "--ports=%s"},
		{typed: "--open", means: "--show=open"}, {typed: "--reason", means: "--output=wide"}, {typed: "--tcp"},
		{typed: "--all", means: "--show=all"}, {typed: "--state", value: true, means: "--show=%s"},
		{typed: "--threads", value: true, means: "--concurrency=%s"}, {typed: "--batch-size", value: true, means: "--concurrency=%s"},
		{typed: "--max-rate", value: true, means: "--rate=%s"}, {typed: "--max-retries", value: true, means: "--retries=%s"},
		{typed: "-S", value: true, means: "--source=%s"}, {typed: "-e", value: true, means: "--interface=%s"}, {typed: "-d", means: "--verbose"},
		{typed: "-iL", value: true, means: "--input=%s"}, {typed: "--excludefile", value: true, means: "--exclude-file=%s"},
		{typed: "-oX", value: true, means: "--output=xml=%s"}, {typed: "-oG", value: true, means: "--output=grep=%s"},
		{typed: "-oN", value: true, means: "--output=table=%s"}, {typed: "-oJ", value: true, means: "--output=json=%s"},
		{typed: "-oA", value: true, means: "--output=table=%[1]s.nmap --output=xml=%[1]s.xml --output=grep=%[1]s.gnmap"},
		{typed: "-sS", say: "porthole connects, which takes no root; leave it out"},
		{typed: "-sCV", say: "write --verify for what answers; porthole runs no scripts"},
		{typed: "-sVC", say: "write --verify for what answers; porthole runs no scripts"},
		{typed: "-g", value: true, say: "the kernel chooses the source port; --source ADDR chooses the address"},
		{typed: "--source-port", value: true, say: "the kernel chooses the source port; --source ADDR chooses the address"},
		{typed: "--traceroute", say: "porthole traces no routes; traceroute does"},
		{typed: "-sC", say: "porthole runs no scripts; --verify says what answers"},
		{typed: "--script", value: true, say: "porthole runs no scripts; --verify says what answers"},
		{typed: "-A", say: "write --verify for what answers; porthole guesses no operating system"},
		{typed: "-O", say: "porthole guesses no operating system"},
		{typed: "--min-rate", value: true, say: "porthole goes as fast as the hosts and the path allow; leave it out"},
		{typed: "-iR", value: true, say: "porthole asks nobody by chance; name the targets"},
	}
	for _, t := range []string{"-sA", "-sF", "-sI", "-sM", "-sN", "-sO", "-sW", "-sX", "-sY", "-sZ", "-f", "-D"} {
		all = append(all, habit{typed: t, say: "porthole sends no raw packets: it connects, and takes no root; nmap " + t + " does"})
	}
	for _, t := range []string{"-PA", "-PE", "-PM", "-PO", "-PP", "-PR", "-PS", "-PU", "-PY"} {
		all = append(all, habit{typed: t, say: "discovery chooses what it asks; write --discover always to look for addresses first"})
	}
	for _, t := range []string{"-T0", "-T1", "-T2"} {
		all = append(all, habit{typed: t, say: "write --rate N, in attempts per second, to go slowly"})
	}
	for _, t := range []string{"-T3", "-T4", "-T5"} {
		all = append(all, habit{typed: t}) // the speed is measured
	}
	return all
}

// listHabits are those of ss, netstat and lsof.
func listHabits() []habit {
	return []habit{
		{typed: "--ports", value: true, means: "--port=%s"},
		{typed: "-l"}, {typed: "--listening"}, {typed: "-n"}, {typed: "--numeric"}, {typed: "-p"}, {typed: "--processes"}, {typed: "--programs"}, {typed: "-P"},
		{typed: "-e", means: "--output=wide"}, {typed: "--extended", means: "--output=wide"},
		{typed: "-i", say: "porthole lists network sockets alone; write porthole list 8080 for a port"},
		{typed: "-K", say: "porthole kill PORT ends what holds a port"},
		{typed: "--kill", say: "porthole kill PORT ends what holds a port"},
		{typed: "-H", say: "tables have a header; -o jsonl, csv and hostport are for programs"},
		{typed: "--no-header", say: "tables have a header; -o jsonl, csv and hostport are for programs"},
		{typed: "-m", say: "porthole does not tell the memory of sockets; ss -m does"},
		{typed: "--memory", say: "porthole does not tell the memory of sockets; ss -m does"},
		{typed: "-x", say: "porthole lists TCP and UDP, no Unix sockets; ss -x does"},
		{typed: "-s", say: "the last line on standard error sums up; ss -s counts the kernel's"},
		{typed: "-r", say: "porthole shows no routes; ip route does"},
	}
}

// ssFilter tells queries that are a filter of ss, which says what to type instead.
func ssFilter(queries []string) error {
	first, rest := queries[0], strings.Join(queries[1:], " ")
	if word, more, found := strings.Cut(first, " "); found { // in quotes
		first, rest = word, more
	}
	switch {
	case rest == "":
		return nil
	case first == "state":
		return fmt.Errorf("%q is a filter of ss; write --state %s", first+" "+rest, strings.Join(strings.Fields(rest), ","))
	case first == "sport", first == "dport", first == "src", first == "dst":
		return fmt.Errorf("%q is a filter of ss; write porthole list 80 for a local port, --remote CIDR for a peer", first+" "+rest)
	}
	return nil
}

func (p *flagParser) isHabit(arg string) bool {
	_, _, _, ok := findHabit(p.command, arg)
	return ok
}

// findHabit finds what was typed, which may have its value behind an equals sign.
func findHabit(command, arg string) (h habit, value string, given, ok bool) {
	typed := arg
	if strings.HasPrefix(arg, "--") {
		typed, value, given = strings.Cut(arg, "=")
	}
	for _, h := range habits(command) {
		if h.typed == typed {
			return h, value, given, true
		}
	}
	return h, "", false, false
}

// habit reads a flag of another tool, and its value from rest where none was given.
func (p *flagParser) habit(h habit, value string, given bool, rest []string) ([]string, error) {
	if h.say != "" {
		return nil, fmt.Errorf("%s: %s", h.typed, h.say)
	}
	if h.value && !given {
		if len(rest) == 0 {
			return nil, fmt.Errorf("%s needs a value", h.typed)
		}
		value, rest = rest[0], rest[1:]
	}
	if h.number {
		if len(rest) == 0 || strings.Trim(rest[0], "0123456789.") != "" {
			return rest, nil
		}
		value, rest = rest[0], rest[1:]
	}
	for means := range strings.FieldsSeq(h.means) {
		format, toFile := strings.CutSuffix(means, "=%s")
		switch {
		case value == "-" && toFile && strings.HasPrefix(means, "--output="): // standard output
			means = format
		case h.value || h.number:
			means = fmt.Sprintf(means, value)
		}
		if _, err := p.long(means[2:], nil); err != nil {
			return nil, fmt.Errorf("%s: %w", h.typed, err)
		}
	}
	return rest, nil
}

// otherNames are words that mean one of the commands.
func otherNames() map[string]string {
	return map[string]string{
		"version": "--version", "nmap": "scan", "check": "scan", "probe": "scan", "discover": "scan --discover only",
		"ss": "list", "netstat": "list", "lsof": "list", "ps": "list", "ports": "list", "show": "list", "listeners": "list",
		"describe": "explain", "inspect": "explain", "get": "list",
		"who": "explain", "why": "explain", "what": "explain", "info": "explain", "free": "explain --free 8000-9000",
		"search": "lookup", "services": "lookup", "service": "lookup", "top": "watch", "monitor": "watch", "follow": "watch",
		"compare": "diff", "changes": "diff", "security": "audit", "lint": "audit", "stop": "kill", "end": "kill", "until": "wait",
		"verify": "scan --verify", "join": "merge", "completions": "completion",
	}
}
