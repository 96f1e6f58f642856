package explain

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"porthole/internal/record"
	"porthole/internal/sentence"
)

// card is what matters of a port, a row each.
func (pt port) card(x *record.Explanation, outside *record.Outside) (rows []record.CardRow) {
	add := func(label string, lines ...string) {
		lines = slices.DeleteFunc(lines, func(line string) bool { return line == "" })
		if len(lines) > 0 {
			rows = append(rows, record.CardRow{Label: label, Lines: lines})
		}
	}
	rows = append(rows, pt.heldRows(x)...)
	add("answers", pt.answerLines()...)
	add("trouble", pt.troubles()...)
	add("number", pt.numberLine())
	add("reach", pt.reachLines()...)
	add("firewall", pt.besideReach(outside)...)
	add("low port", pt.lowPortLine())
	add("in use", pt.connectionsLine())
	add("holds", pt.alsoHeldLine(x))
	add("to stop", pt.stopLine(x))
	add("new bind", pt.newBindLines(x)...)
	add("audit", pt.findingLines()...)
	add("also", pt.elsewhereLine())
	return rows
}

// status is the answer in a few words.
func (pt port) status(x *record.Explanation) string {
	switch {
	case len(pt.listeners) > 0:
		return cmp.Or(pt.troubleStatus(), pt.reachStatus())
	case slices.ContainsFunc(pt.connections, notListening):
		return "bound, but nobody listens"
	case slices.ContainsFunc(pt.connections, func(r record.Record) bool { return r.State != "time-wait" }):
		return "in use by a connection"
	case x.Bind == nil:
		return "nobody waits on it"
	case x.Bind.Outcome == record.BindFree:
		return "free"
	case x.Bind.Outcome == record.BindDenied:
		return pt.deniedStatus()
	case x.Bind.Outcome == record.BindInUse:
		return "in use"
	default:
		return "cannot be bound"
	}
}

// numberLine says what the number stands for, unless that is what the holder is
// known for, or nothing is held and the head of the card says it.
func (pt port) numberLine() string {
	words := pt.label.NumberWords()
	if words == "" {
		return ""
	}
	for _, r := range pt.listeners {
		fits, known := pt.Fits(r)
		switch {
		case known && !fits:
			return words + "; the holder is not known for that"
		case r.ServiceBy == record.ByIANA:
			return ""
		}
	}
	if pt.label.Description != "" && pt.label.ServiceBy != record.ByCommon {
		words += fmt.Sprintf(" (%s)", pt.label.Description)
	}
	return words
}

// connectionsLine says how many connections the port has, beside what waits on it.
func (pt port) connectionsLine() string {
	open, ending := 0, 0
	for _, r := range pt.connections {
		switch {
		case r.State == "time-wait":
			ending++
		case !notListening(r):
			open++
		}
	}
	var parts []string
	if open > 0 && len(pt.listeners) > 0 {
		parts = append(parts, sentence.Count(open, "connection", "connections"))
	}
	if ending > 0 {
		parts = append(parts, fmt.Sprintf("%s in TIME_WAIT, for a minute at most", sentence.Count(ending, "connection", "connections")))
	}
	return strings.Join(parts, "; ")
}

func (pt port) alsoHeldLine(x *record.Explanation) string {
	if len(x.Holders) == 0 {
		return ""
	}
	var also []string
	for _, h := range holding(x) {
		also = append(also, h.Also...)
	}
	if len(also) == 0 {
		return "nothing else"
	}
	return "also " + join(sorted(also))
}

// holding returns the holders that the port is held by: those that wait on it, if
// somebody does, and not those that only have a connection there.
func holding(x *record.Explanation) []record.Holder {
	waits := func(h record.Holder) bool { return h.Role == record.HoldsWaiting }
	if !slices.ContainsFunc(x.Holders, waits) {
		return x.Holders
	}
	return slices.DeleteFunc(slices.Clone(x.Holders), func(h record.Holder) bool { return !waits(h) })
}

// stopLine says how the port is given up, and what else ends with it.
func (pt port) stopLine(x *record.Explanation) string {
	first, _ := pt.firstHolders()
	if len(first) == 0 {
		return ""
	}
	how := "end " + join(names(first))
	p := first[0]
	runtime, container, _ := strings.Cut(p.Container, ":")
	systemctl := "systemctl stop "
	if strings.Contains(p.Cgroup, "/user@") { // of a user's own systemd
		systemctl = "systemctl --user stop "
	}
	switch socket := pt.socketUnit(); {
	case socket != "":
		how = systemctl + socket
		if service := strings.TrimSuffix(socket, ".socket") + ".service"; slices.ContainsFunc(processes(pt.holders()), func(p record.Process) bool { return p.Unit == service }) {
			how += " " + service // else it keeps the socket that it was handed
		}
	case p.Container != "" && (runtime == "docker" || runtime == "podman"):
		how = runtime + " stop " + container
	case p.Container != "":
		how = "stop the container " + p.Container
	case record.WindowsServices(p.Unit):
		how = "Stop-Service " + p.Unit
	case isService(p.Unit):
		how = systemctl + p.Unit
	case p.PID == 1 || pt.IsInit(p.PID):
		how = fmt.Sprintf("%s is process 1: all of its PID namespace ends with it", name(p))
	}
	var stops []string
	for _, h := range holding(x) {
		stops = append(stops, h.Stops...)
	}
	switch {
	case len(stops) == 0:
	case stopsWhole(p):
		how += "; that ends " + join(sorted(stops)) + ", too"
	default:
		how += "; with it may end " + join(sorted(stops))
	}
	return how
}

// stopsWhole reports whether a process is stopped with all of its unit or container.
// Else what it started may go on without it, as sessions do after their sshd.
func stopsWhole(p record.Process) bool {
	return p.Container != "" || isService(p.Unit) || record.WindowsServices(p.Unit)
}

// socketUnit is the unit of systemd that holds the socket for its service; "" if none
// does.
func (pt port) socketUnit() string {
	for _, r := range pt.listeners {
		if strings.HasSuffix(r.Unit, ".socket") {
			return r.Unit
		}
	}
	return ""
}

// findingLines tells what an audit finds about the port.
func (pt port) findingLines() (out []string) {
	for _, f := range pt.Findings {
		about := f.Proto == pt.label.Proto && f.Port == pt.label.Port && pt.namespace.has(f)
		line := fmt.Sprintf("%s: %s (%s)", f.Severity, f.Title, f.Rule)
		if about && !slices.Contains(out, line) {
			out = append(out, line)
		}
	}
	return out
}

// elsewhereLine tells of the holders in other network namespaces, unless they get
// cards of their own.
func (pt port) elsewhereLine() string {
	if pt.EachNetNS || !pt.own {
		return ""
	}
	var list []string
	for _, r := range pt.elsewhere {
		if !r.Waits() {
			continue
		}
		who := []string{"a hidden process"}
		if holders := r.Holders(); len(holders) > 0 {
			who = names(holders[:1])
		}
		list = append(list, fmt.Sprintf("%s in %s", who[0], cmp.Or(r.NetNSText(), "another one")))
	}
	if len(list) == 0 {
		return ""
	}
	list = sorted(list)
	const few = 2
	if len(list) > few {
		return fmt.Sprintf("%d holders in other network namespaces (--netns all)", len(list))
	}
	return fmt.Sprintf("in other network namespaces (--netns all): %s", join(list))
}
