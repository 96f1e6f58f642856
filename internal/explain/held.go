package explain

import (
	"cmp"
	"fmt"
	"path"
	"slices"
	"strings"
	"unicode/utf8"

	"porthole/internal/record"
	"porthole/internal/sentence"
)

// heldRows names the holders, first those who wait, and when each was started by
// whom.
func (pt port) heldRows(x *record.Explanation) (rows []record.CardRow) {
	const shown = 3
	label := map[string]string{record.HoldsWaiting: "held by", record.HoldsBound: "bound by", record.HoldsConnection: "used by"}
	all := pt.holders()
	for _, role := range []string{record.HoldsWaiting, record.HoldsBound, record.HoldsConnection} {
		if role == record.HoldsConnection && len(pt.listeners) > 0 {
			continue // they are the holders' own, or what they handed on
		}
		var lines []string
		first := slices.DeleteFunc(slices.Clone(all), func(h holder) bool {
			return h.role != role || isWorker(h.Process, processes(all))
		})
		if len(first) > 1 && pt.socketUnit() != "" { // systemd keeps it for the service
			first = slices.DeleteFunc(first, func(h holder) bool { return h.PID == 1 })
		}
		for _, h := range first[:min(len(first), shown)] {
			lines = append(lines, pt.holderLine(h.Process), pt.startLine(h.Process, x))
		}
		if more := len(first) - shown; more > 0 {
			lines = append(lines, fmt.Sprintf("and %d more", more))
		}
		if role == record.HoldsWaiting {
			lines = append(lines, workersLine(all), pt.managerLine(), pt.hiddenLine())
		}
		if role == record.HoldsConnection && len(first) > 0 {
			lines = append(lines, pt.peersLine())
		}
		if lines = slices.DeleteFunc(lines, func(line string) bool { return line == "" }); len(lines) > 0 {
			rows = append(rows, record.CardRow{Label: label[role], Lines: lines})
		}
	}
	return rows
}

// holderLine is a process with its user and what it was called as.
func (pt port) holderLine(p record.Process) string {
	line := name(p)
	if user := p.UserText(); user != "" {
		line += ", " + user
	}
	if command := command(p); command != "" {
		line += ": " + command
	}
	return line
}

// command is what a process was called as, in one line that does not fill the
// screen.
func command(p record.Process) string {
	const longest = 100
	if len(p.Cmdline) == 0 {
		return ""
	}
	words := slices.Clone(p.Cmdline)
	if strings.HasPrefix(words[0], "/") && !strings.Contains(words[0], " ") {
		words[0] = path.Base(words[0])
	}
	text := strings.Join(strings.Fields(strings.Join(words, " ")), " ")
	if utf8.RuneCountInString(text) > longest {
		text = string([]rune(text)[:longest]) + "…"
	}
	return text
}

// startLine says when and by whom a process was started, where it is, and how large.
func (pt port) startLine(p record.Process, x *record.Explanation) string {
	i := slices.IndexFunc(x.Holders, func(h record.Holder) bool { return h.PID == p.PID })
	h := x.Holders[i]
	var parts []string
	start := ""
	if p.Started != nil {
		start = fmt.Sprintf("started %s ago", age(pt.Now.Sub(*p.Started)))
	}
	if by := startedBy(p, h); start != "" && strings.HasPrefix(by, "by ") {
		parts = append(parts, start+" "+by)
	} else {
		parts = append(parts, start, by)
	}
	if where := location(p.Exe); where != p.Exe && strings.HasPrefix(where, "memory") {
		parts = append(parts, "from "+where)
	}
	if p.Dir != "" {
		parts = append(parts, "in "+p.Dir)
	}
	if p.Memory > 0 {
		parts = append(parts, bytes(p.Memory))
	}
	parts = slices.DeleteFunc(parts, func(part string) bool { return part == "" })
	return strings.Join(parts, ", ")
}

// startedBy says who started a process. A parent that takes in orphans need not have
// done so.
func startedBy(p record.Process, h record.Holder) string {
	switch {
	case isService(p.Unit):
		return "" // the unit is named
	case len(p.Parents) == 0 || p.Parents[0].Name == "":
		return ""
	case h.Adopted:
		return fmt.Sprintf("now a child of %s (%d)", p.Parents[0].Name, p.Parents[0].PID)
	default:
		return fmt.Sprintf("by %s (%d)", p.Parents[0].Name, p.Parents[0].PID)
	}
}

// workersLine counts the holders that others started, by name and user.
func workersLine(all []holder) string {
	var order []string
	n := make(map[string]int)
	for _, h := range all {
		if h.role != record.HoldsWaiting || !isWorker(h.Process, processes(all)) {
			continue
		}
		who := cmp.Or(h.Name, "?")
		if user := h.UserText(); user != "" {
			who += ", " + user
		}
		if n[who] == 0 {
			order = append(order, who)
		}
		n[who]++
	}
	var parts []string
	for _, who := range order {
		parts = append(parts, fmt.Sprintf("%s (%s)", sentence.Count(n[who], "worker", "workers"), who))
	}
	if len(parts) == 0 {
		return ""
	}
	return "and " + join(parts)
}

// managerLine says what runs the holders, and where a published port leads.
func (pt port) managerLine() string {
	manager := manager(pt.listeners, processes(pt.holders()))
	for _, r := range pt.listeners {
		if r.Published != "" {
			return join(slices.DeleteFunc([]string{manager, "leads to " + r.Published}, func(s string) bool { return s == "" }))
		}
	}
	return manager
}

// manager says which unit or container the holders belong to.
func manager(here []record.Record, holders []record.Process) string {
	for _, r := range here {
		if strings.HasSuffix(r.Unit, ".socket") {
			return "passed on by " + r.Unit
		}
	}
	for _, p := range holders {
		switch {
		case p.Container != "":
			return "in the container " + p.Container
		case record.WindowsServices(p.Unit) && strings.Contains(p.Unit, ", "):
			return "of the services " + p.Unit
		case record.WindowsServices(p.Unit):
			return "of the service " + p.Unit
		case isService(p.Unit):
			return "of the unit " + p.Unit
		}
	}
	return ""
}

// hiddenLine says why no holder of a socket that waits is known.
func (pt port) hiddenLine() string {
	for _, r := range pt.listeners {
		if len(r.Holders()) == 0 {
			if r.Kernel != "" {
				return "the kernel, for " + r.Kernel
			}
			who := "not known: "
			if user := cmp.Or(r.User, uidText(r)); user != "" && r.Hidden != "no-owner" {
				who = fmt.Sprintf("not known, but %s made the socket: ", user)
			}
			return who + whyHidden(r.Hidden)
		}
	}
	return ""
}

func uidText(r record.Record) string {
	if r.UID == nil {
		return ""
	}
	return fmt.Sprint(*r.UID)
}

func whyHidden(why string) string {
	words := map[string]string{
		"permission":          "it belongs to a process that cannot be inspected from here; root sees it, unless a user namespace or a sandbox is in between",
		"other-pid-namespace": "its process is in a PID namespace that cannot be seen from here",
		"no-owner":            "no process has it; the kernel itself holds it, or its process is just ending",
		"no-proc":             "/proc cannot be read, so that holders cannot be looked for",
		"local-limit":         "this process ran out of descriptors or memory while it looked",
	}
	return cmp.Or(words[why], "its holder could not be found")
}

// peersLine says to whom the connections with this local port lead.
func (pt port) peersLine() string {
	var peers []string
	for _, r := range pt.connections {
		if r.RemoteAddr != "" && r.State != "time-wait" {
			peers = append(peers, joinHostPort(r.RemoteAddr, r.RemotePort))
		}
	}
	switch n := len(peers); {
	case n == 0:
		return ""
	case n == 1:
		return "the local port of a connection to " + peers[0]
	default:
		return fmt.Sprintf("the local port of %d connections, to %s", n, sumUp(sorted(peers)))
	}
}
