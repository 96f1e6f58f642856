package explain

import (
	"cmp"
	"fmt"
	"path"
	"slices"
	"strings"
	"time"

	"porthole/internal/record"
)

// sentences explains the port in words, the most important first.
func (pt port) sentences(x *record.Explanation) []string {
	if len(pt.listeners) == 0 {
		return append([]string{pt.ifFree(x.Bind)}, pt.registered()...)
	}
	out := []string{pt.who()}
	first, started := pt.firstHolders()
	for _, p := range first {
		out = append(out, history(p, pt.Now))
	}
	if started > 0 {
		out = append(out, fmt.Sprintf("%s started from there.", count(started, "other holder was", "other holders were")))
	}
	for _, h := range x.Holders {
		out = append(out, file(h)...)
	}
	out = append(out, pt.registered()...)
	out = append(out, pt.reach()...)
	out = append(out, pt.rights()...)
	if !slices.ContainsFunc(pt.listeners, func(r record.Record) bool { return r.InNetNS(pt.NetNS) }) {
		out = append(out, "All of this is in other network namespaces. In this one: "+lower(pt.ifFree(x.Bind)))
	}
	if n := len(pt.connections); n > 0 {
		out = append(out, fmt.Sprintf("%s it now.", count(n, "connection uses", "connections use")))
	}
	var also, stops []string
	for _, h := range x.Holders {
		also, stops = append(also, h.Also...), append(stops, h.Stops...)
	}
	if len(also) > 0 {
		who := "The same process also waits"
		if len(x.Holders) > 1 {
			who = "The same processes also wait"
		}
		out = append(out, fmt.Sprintf("%s on %s.", who, join(sorted(also))))
	}
	if len(stops) > 0 {
		out = append(out, fmt.Sprintf("Stopping its service also stops %s.", join(sorted(stops))))
	}
	return out
}

// firstHolders returns the holders that no other holder started, and the number of
// the others.
func (pt port) firstHolders() (first []record.Process, others int) {
	all := pt.holders()
	for _, p := range all {
		if p.StartedByAny(all) {
			others++
		} else {
			first = append(first, p)
		}
	}
	return first, others
}

func sorted(list []string) []string {
	slices.Sort(list)
	return slices.Compact(list)
}

// who names the holders, and what manages them.
func (pt port) who() string {
	var names []string
	for _, p := range pt.holders() {
		if n := name(p); !slices.Contains(names, n) {
			names = append(names, n)
		}
	}
	if len(names) == 0 {
		why := map[string]string{
			"permission": "it belongs to a process that this user may not inspect; root sees it, unless a sandbox is in between", "other-pid-namespace": "its process is in a PID namespace that cannot be seen from here",
			"no-owner": "no process has it: the kernel itself holds it, or its process is just ending",
		}[pt.listeners[0].Hidden]
		return fmt.Sprintf("Something holds it, but %s.", cmp.Or(why, "its holder is not known"))
	}
	sentence := fmt.Sprintf("It is held by %s", join(names))
	if manager := manager(pt.listeners, pt.holders()); manager != "" {
		sentence += ", " + manager
	}
	if to := pt.listeners[0].Published; to != "" {
		sentence += ", and leads to " + to
	}
	return sentence + "."
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
		case isService(p.Unit):
			return "of the unit " + p.Unit
		}
	}
	return ""
}

// history says when a process was started, by which one, and from which file.
func history(p record.Process, now time.Time) string {
	sentence := fmt.Sprintf("Process %d", p.PID)
	if p.Started != nil {
		sentence += fmt.Sprintf(" started on %s, %s ago,", p.Started.UTC().Format("2006-01-02 at 15:04:05 MST"), age(now.Sub(*p.Started)))
	} else {
		sentence += " runs"
	}
	if p.User != "" {
		sentence += " as " + p.User
	}
	if len(p.Parents) > 0 && p.Parents[0].Name != "" {
		sentence += fmt.Sprintf(", started by %s (%d)", p.Parents[0].Name, p.Parents[0].PID)
	}
	if p.Exe != "" {
		sentence += ", from " + strings.TrimSuffix(p.Exe, " (deleted)")
	}
	return strings.ReplaceAll(sentence, ",,", ",") + "."
}

// file says what happened to the executable since the start.
func file(h record.Holder) (out []string) {
	switch {
	case h.Deleted:
		out = append(out, fmt.Sprintf("The executable of process %d was removed or replaced: the process runs a file that is no longer there.", h.PID))
	case h.Changed:
		out = append(out, fmt.Sprintf("The executable of process %d was changed after the process started.", h.PID))
	}
	if h.Writable != "" {
		out = append(out, fmt.Sprintf("%s, from which process %d runs.", upper(h.Writable), h.PID))
	}
	return out
}

// registered says which service is registered for the port, and whether the holder
// fits.
func (pt port) registered() []string {
	if pt.label.Service == "" {
		return []string{"No service is registered for it."}
	}
	sentence := "It is registered for " + pt.label.Service
	if pt.label.Description != "" {
		sentence += " (" + pt.label.Description + ")"
	}
	for _, r := range pt.listeners {
		if fits, known := pt.Fits(r); known && fits {
			return []string{sentence + ", which fits."}
		} else if known {
			return []string{sentence + ", which does not fit the holder."}
		}
	}
	return []string{sentence + "."}
}

// reach says who can reach the port, by its addresses.
func (pt port) reach() (out []string) {
	words := map[string]string{
		"loopback": "only this machine can reach it", "local": "hosts on the local network can reach it",
		"public": "any host with a route to that address can reach it, unless a firewall is in between",
		"all":    "which means every address, any host with a route can reach it, unless a firewall is in between",
	}
	for _, r := range pt.listeners {
		sentence := fmt.Sprintf("On %s, %s", r.Addr, cmp.Or(words[r.Exposure], "it waits"))
		if r.NetNSName != "" {
			sentence += ", in the network namespace " + r.NetNSName
		} else if !r.InNetNS(pt.NetNS) {
			sentence += ", in another network namespace"
		}
		if sentence += "."; !slices.Contains(out, sentence) {
			out = append(out, sentence)
		}
	}
	return out
}

// rights says what permits each holder to hold a privileged port.
func (pt port) rights() (out []string) {
	words := map[string]string{
		"root": "as root", "capability": "by CAP_NET_BIND_SERVICE", "unprivileged-port": "because ip_unprivileged_port_start permits every user",
		"user-namespace": "by CAP_NET_BIND_SERVICE in the user namespace that owns its network", "inherited": "because the socket was passed to it, or bound before it gave up the right",
	}
	var order []string
	pids := make(map[string][]string)
	for _, p := range pt.holders() {
		if pids[p.BindRight] == nil && words[p.BindRight] != "" {
			order = append(order, p.BindRight)
		}
		pids[p.BindRight] = append(pids[p.BindRight], fmt.Sprint(p.PID))
	}
	for _, right := range order {
		process := "Process"
		if len(pids[right]) > 1 {
			process = "Processes"
		}
		out = append(out, fmt.Sprintf("%s %s may hold the privileged port %s.", process, join(pids[right]), words[right]))
	}
	return out
}

// name is the name of a process with its PID.
func name(p record.Process) string {
	n := p.Name
	if n == "" {
		n = path.Base(p.Exe)
	}
	return fmt.Sprintf("%s (%d)", n, p.PID)
}

func isService(unit string) bool { return strings.HasSuffix(unit, ".service") }

// join joins a list into text, the first few of it.
func join(list []string) string {
	const shown = 6
	if len(list) > shown {
		return fmt.Sprintf("%s and %d more", strings.Join(list[:shown], ", "), len(list)-shown)
	}
	if last := len(list) - 1; last > 0 {
		return strings.Join(list[:last], ", ") + " and " + list[last]
	}
	return strings.Join(list, "")
}

// age is a duration in its largest unit.
func age(d time.Duration) string {
	const day = 24 * time.Hour
	switch {
	case d >= day:
		return count(int(d/day), "day", "days")
	case d >= time.Hour:
		return count(int(d/time.Hour), "hour", "hours")
	case d >= time.Minute:
		return count(int(d/time.Minute), "minute", "minutes")
	default:
		return count(max(int(d/time.Second), 0), "second", "seconds")
	}
}

// count is a number with its noun.
func count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

func lower(s string) string { return strings.ToLower(s[:1]) + s[1:] }

func upper(s string) string { return strings.ToUpper(s[:1]) + s[1:] }
