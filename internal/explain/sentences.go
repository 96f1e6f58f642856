package explain

import (
	"fmt"
	"path"
	"slices"
	"strings"
	"time"

	"porthole/internal/record"
)

// sentences are the answer in words, the most important first.
func (q question) sentences(x *record.Explanation) []string {
	if len(q.here) == 0 {
		return append([]string{q.free(x.Bind)}, q.registered()...)
	}
	out := []string{q.who()}
	first, started := q.first()
	for _, p := range first {
		out = append(out, history(p, q.Now))
	}
	if started > 0 {
		out = append(out, fmt.Sprintf("From there %s started.", count(started, "more that holds it was", "more that hold it were")))
	}
	for _, h := range x.Holders {
		out = append(out, file(h)...)
	}
	out = append(out, q.registered()...)
	out = append(out, q.reach()...)
	out = append(out, q.rights()...)
	if !slices.ContainsFunc(q.here, func(r record.Record) bool { return r.InNetNS(q.NetNS) }) {
		out = append(out, "All of this is in other network namespaces. In this one: "+lower(q.free(x.Bind)))
	}
	if n := len(q.connections); n > 0 {
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
		out = append(out, fmt.Sprintf("%s on %s.", who, some(distinct(also))))
	}
	if len(stops) > 0 {
		out = append(out, fmt.Sprintf("Whoever stops its service also stops %s.", some(distinct(stops))))
	}
	return out
}

// first are the holders that no other holder started, and the number of the
// others.
func (q question) first() (first []record.Process, others int) {
	all := q.holders()
	for _, p := range all {
		if p.StartedByAny(all) {
			others++
		} else {
			first = append(first, p)
		}
	}
	return first, others
}

func distinct(list []string) []string {
	slices.Sort(list)
	return slices.Compact(list)
}

// who names the holders with what manages them.
func (q question) who() string {
	var names []string
	for _, p := range q.holders() {
		if n := name(p); !slices.Contains(names, n) {
			names = append(names, n)
		}
	}
	if len(names) == 0 {
		why := map[string]string{
			"permission": "it belongs to a process that this user may not look into; root sees it unless a sandbox is between", "other-pid-namespace": "its process lives in a PID namespace that cannot be seen from here",
			"no-owner": "no process has it: the kernel itself does, or its process is just ending",
		}[q.here[0].Hidden]
		return fmt.Sprintf("Something holds it, but %s.", orElse(why, "its holder is not known"))
	}
	sentence := fmt.Sprintf("It is held by %s", some(names))
	if manager := manager(q.here, q.holders()); manager != "" {
		sentence += ", " + manager
	}
	if to := q.here[0].Published; to != "" {
		sentence += ", and leads to " + to
	}
	return sentence + "."
}

// manager says what a holder belongs to.
func manager(here []record.Record, holders []record.Process) string {
	for _, r := range here {
		if strings.HasSuffix(r.Unit, ".socket") {
			return "handed down by " + r.Unit
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

// history says when, by whom and from what a process was started.
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

// file says what has become of the executable.
func file(h record.Holder) (out []string) {
	switch {
	case h.Deleted:
		out = append(out, fmt.Sprintf("The executable of process %d is gone from disk, or another is in its place: it runs what is no longer there.", h.PID))
	case h.Changed:
		out = append(out, fmt.Sprintf("The executable of process %d was changed after the start.", h.PID))
	}
	if h.Writable != "" {
		out = append(out, fmt.Sprintf("%s, from which process %d runs.", upper(h.Writable), h.PID))
	}
	return out
}

// registered says what the number stands for, and whether that fits.
func (q question) registered() []string {
	if q.label.Service == "" {
		return []string{"No service is registered for it."}
	}
	sentence := "It is registered for " + q.label.Service
	if q.label.Description != "" {
		sentence += " (" + q.label.Description + ")"
	}
	for _, r := range q.here {
		if fits, judged := q.Fits(r); judged && fits {
			return []string{sentence + ", which fits."}
		} else if judged {
			return []string{sentence + ", which is not what the holder is known for."}
		}
	}
	return []string{sentence + "."}
}

// reach says who can come, an address each.
func (q question) reach() (out []string) {
	words := map[string]string{
		"loopback": "only this machine can reach it", "local": "neighbours in the same network can reach it",
		"public": "anyone with a route to that address can reach it, unless a firewall is in between",
		"all":    "which is every address, anyone can reach it, unless a firewall is in between",
	}
	for _, r := range q.here {
		sentence := fmt.Sprintf("On %s, %s", r.Addr, orElse(words[r.Exposure], "it waits"))
		if r.NetNSName != "" {
			sentence += ", in the network namespace " + r.NetNSName
		} else if !r.InNetNS(q.NetNS) {
			sentence += ", in another network namespace"
		}
		if sentence += "."; !slices.Contains(out, sentence) {
			out = append(out, sentence)
		}
	}
	return out
}

// rights says why each holder may have a privileged port.
func (q question) rights() (out []string) {
	words := map[string]string{
		"root": "as root", "capability": "by CAP_NET_BIND_SERVICE", "unprivileged-port": "because ip_unprivileged_port_start lets anyone",
		"user-namespace": "by CAP_NET_BIND_SERVICE in the user namespace that owns its network", "inherited": "because the socket was handed down, or bound before the right was dropped",
	}
	var order []string
	pids := make(map[string][]string)
	for _, p := range q.holders() {
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
		out = append(out, fmt.Sprintf("%s %s may have the low port %s.", process, some(pids[right]), words[right]))
	}
	return out
}

func name(p record.Process) string {
	n := p.Name
	if n == "" {
		n = path.Base(p.Exe)
	}
	return fmt.Sprintf("%s (%d)", n, p.PID)
}

func isService(unit string) bool { return strings.HasSuffix(unit, ".service") }

// some spells out the first few of a list.
func some(list []string) string {
	const few = 6
	if len(list) > few {
		return fmt.Sprintf("%s and %d more", strings.Join(list[:few], ", "), len(list)-few)
	}
	if last := len(list) - 1; last > 0 {
		return strings.Join(list[:last], ", ") + " and " + list[last]
	}
	return strings.Join(list, "")
}

// age words a time for people: its largest unit.
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

func count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

func orElse(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}

func lower(s string) string { return strings.ToLower(s[:1]) + s[1:] }

func upper(s string) string { return strings.ToUpper(s[:1]) + s[1:] }
