package explain

import (
	"cmp"
	"fmt"
	"path"
	"slices"
	"strings"
	"time"

	"porthole/internal/record"
	"porthole/internal/sentence"
)

// sentences explains the port in words, the most important first.
func (pt port) sentences(x *record.Explanation, outside *record.Outside) (out []string) {
	out = append(out, pt.who(x))
	first, started := pt.firstHolders()
	for _, p := range first {
		out = append(out, pt.history(p, x))
	}
	if started > 0 {
		out = append(out, fmt.Sprintf("%s started from there.", sentence.Count(started, "other holder was", "other holders were")))
	}
	for _, h := range x.Holders {
		out = append(out, file(h)...)
	}
	out = append(out, pt.registered())
	out = append(out, pt.answerSentences()...)
	for _, line := range pt.reachLines() {
		out = append(out, "Bound to "+line+".")
	}
	out = append(out, pt.outsideSentences(outside)...)
	for _, line := range pt.troubles() {
		out = append(out, upper(line)+".")
	}
	out = append(out, pt.rights()...)
	if n := len(pt.connections); n > 0 && len(pt.listeners) > 0 {
		out = append(out, fmt.Sprintf("%s it now.", sentence.Count(n, "connection uses", "connections use")))
	}
	var also, stops []string
	holders := holding(x)
	for _, h := range holders {
		also, stops = append(also, h.Also...), append(stops, h.Stops...)
	}
	if len(also) > 0 {
		who := "The same process also waits"
		if len(holders) > 1 {
			who = "The same processes also wait"
		}
		out = append(out, fmt.Sprintf("%s on %s.", who, join(sorted(also))))
	}
	if len(stops) > 0 {
		ending := "Ending it may end %s, too."
		if first, _ := pt.firstHolders(); len(first) > 0 && stopsWhole(first[0]) {
			ending = "Stopping its service also stops %s."
		}
		out = append(out, fmt.Sprintf(ending, join(sorted(stops))))
	}
	if line := pt.elsewhereLine(); line != "" {
		out = append(out, "Others hold it "+strings.TrimPrefix(line, "also ")+".")
	}
	return slices.DeleteFunc(out, func(s string) bool { return s == "" })
}

// firstHolders returns the holders that no other holder started, and the number of
// the others.
func (pt port) firstHolders() (first []record.Process, others int) {
	all := processes(pt.holders())
	for _, p := range all {
		if isWorker(p, all) {
			others++
		} else {
			first = append(first, p)
		}
	}
	return first, others
}

// isWorker reports whether another holder started p. Process 1 starts services: what
// it hands a socket to is no worker of it.
func isWorker(p record.Process, all []record.Process) bool {
	others := slices.DeleteFunc(slices.Clone(all), func(q record.Process) bool { return q.PID == 1 })
	return p.StartedByAny(others)
}

func sorted(list []string) []string {
	slices.Sort(list)
	return slices.Compact(list)
}

// who names the holders, and what manages them.
func (pt port) who(x *record.Explanation) string {
	all := processes(pt.holders())
	switch {
	case len(all) == 0 && len(pt.listeners) > 0 && pt.listeners[0].Kernel != "":
		return fmt.Sprintf("The kernel itself holds it, for %s.", pt.listeners[0].Kernel)
	case len(all) == 0 && len(pt.listeners) > 0:
		return fmt.Sprintf("Something holds it, but %s.", whyHidden(pt.listeners[0].Hidden))
	case len(all) == 0:
		return pt.ifFree(x.Bind)
	case len(pt.listeners) == 0:
		return fmt.Sprintf("Nobody waits on it, but %s %s.", join(names(all)), map[bool]string{true: "has it", false: "have it"}[len(all) == 1])
	}
	text := fmt.Sprintf("It is held by %s", join(names(all)))
	if manager := manager(pt.listeners, all); manager != "" {
		text += ", " + manager
	}
	if to := pt.listeners[0].Published; to != "" {
		text += ", and leads to " + to
	}
	return text + "."
}

// ifFree says whether a port that no process is seen to hold can be bound.
func (pt port) ifFree(b *record.Bind) string {
	switch {
	case b == nil:
		return "Nobody waits on it there."
	case b.Outcome == record.BindFree:
		return "Nobody waits on it, and it can be bound: it was just tried on every address."
	case b.Outcome == record.BindDenied:
		return "Nobody waits on it, but " + pt.deniedBecause() + "."
	case b.Outcome == record.BindInUse:
		return "Nobody waits on it, but it cannot be bound now: the kernel says that it is in use."
	default:
		return "Nobody waits on it, but it could not be bound: " + b.Error + "."
	}
}

// history says when a process was started, by which one, and from which file.
func (pt port) history(p record.Process, x *record.Explanation) string {
	i := slices.IndexFunc(x.Holders, func(h record.Holder) bool { return h.PID == p.PID })
	h := x.Holders[i]
	var parts []string
	if p.Started != nil {
		parts = append(parts, fmt.Sprintf("started on %s, %s ago", p.Started.UTC().Format("2006-01-02 at 15:04:05 MST"), age(pt.Now.Sub(*p.Started))))
	} else {
		parts = append(parts, "runs")
	}
	if user := p.UserText(); user != "" {
		parts = append(parts, "as "+user)
	}
	if len(p.Parents) > 0 && p.Parents[0].Name != "" {
		by := "started by"
		if h.Adopted {
			by = "now a child of"
		}
		parts = append(parts, fmt.Sprintf("%s %s (%d)", by, p.Parents[0].Name, p.Parents[0].PID))
	}
	if p.Exe != "" {
		parts = append(parts, "from "+location(p.Exe))
	}
	if p.Dir != "" {
		parts = append(parts, "in the folder "+p.Dir)
	}
	if p.Memory > 0 {
		parts = append(parts, "with "+bytes(p.Memory)+" of memory")
	}
	return fmt.Sprintf("Process %d %s.", p.PID, strings.Join(parts, ", "))
}

// location names the file of an executable, or the memory that it lies in.
func location(exe string) string {
	path, deleted := strings.CutSuffix(exe, " (deleted)")
	if name, memory := strings.CutPrefix(path, "/memfd:"); memory && deleted {
		return fmt.Sprintf("memory alone (memfd %q)", name)
	}
	return path
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

// registered says what the number stands for, and whether the holder is known for
// that.
func (pt port) registered() string {
	words := pt.label.NumberWords()
	if words == "" {
		return "No service is known for the number."
	}
	text := "What the number says: " + words
	if pt.label.Description != "" {
		text += " (" + pt.label.Description + ")"
	}
	for _, r := range pt.listeners {
		if fits, known := pt.Fits(r); known && fits {
			return text + ". The holder fits."
		} else if known {
			return text + ". The holder is not known for that."
		}
	}
	return text + "."
}

// rights says what permits each holder to hold a privileged port.
func (pt port) rights() (out []string) {
	words := map[string]string{
		"root": "as root", "capability": "by CAP_NET_BIND_SERVICE", "unprivileged-port": "because ip_unprivileged_port_start permits every user",
		"user-namespace": "by CAP_NET_BIND_SERVICE in the user namespace that owns its network", "inherited": "because the socket was passed to it, or bound before it gave up the right",
		"wildcard-address": "because macOS lets every user bind a low port on every address", "port-acl": "by a rule of mac_portacl",
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
		kind := "privileged"
		if right == "wildcard-address" {
			kind = "low"
		}
		out = append(out, fmt.Sprintf("%s %s may hold the %s port %s.", process, join(pids[right]), kind, words[right]))
	}
	return out
}

// name is the name of a process with its PID.
func name(p record.Process) string {
	return fmt.Sprintf("%s (%d)", cmp.Or(p.Name, path.Base(p.Exe)), p.PID)
}

func names(list []record.Process) (out []string) {
	for _, p := range list {
		out = append(out, name(p))
	}
	return out
}

func isService(unit string) bool {
	return strings.HasSuffix(unit, ".service") || record.WindowsServices(unit)
}

// join joins the first few words of a list for a sentence.
func join(list []string) string {
	const shown = 6
	if len(list) > shown {
		return fmt.Sprintf("%s and %d more", strings.Join(list[:shown], ", "), len(list)-shown)
	}
	return sentence.Join(list, "and")
}

// age is a duration in its largest unit.
func age(d time.Duration) string {
	const day = 24 * time.Hour
	switch {
	case d >= day:
		return sentence.Count(int(d/day), "day", "days")
	case d >= time.Hour:
		return sentence.Count(int(d/time.Hour), "hour", "hours")
	case d >= time.Minute:
		return sentence.Count(int(d/time.Minute), "minute", "minutes")
	default:
		return sentence.Count(max(int(d/time.Second), 0), "second", "seconds")
	}
}

// bytes is a size with its unit.
func bytes(n uint64) string {
	const kB, MB, GB = 1_000, 1_000_000, 1_000_000_000
	switch {
	case n >= 10*GB:
		return fmt.Sprintf("%d GB", n/GB)
	case n >= GB:
		return fmt.Sprintf("%.1f GB", float64(n)/GB)
	case n >= MB:
		return fmt.Sprintf("%d MB", n/MB)
	default:
		return fmt.Sprintf("%d kB", n/kB)
	}
}

func upper(s string) string { return strings.ToUpper(s[:1]) + s[1:] }
