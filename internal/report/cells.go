package report

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"porthole/internal/record"
)

// hostText is the name as typed, else the name from reverse DNS.
func hostText(r *record.Record) string { return cmp.Or(r.Host, r.RDNS) }

// ofLife is a text about a host, "" for a record of another kind.
func ofLife(text func(*record.Life) string) func(*record.Record) string {
	return func(r *record.Record) string {
		if r.Life == nil {
			return ""
		}
		return text(r.Life)
	}
}

// note lists what a reader of a row should not overlook.
func note(r *record.Record) string {
	var marks []string
	if r.Middlebox {
		marks = append(marks, "middlebox")
	}
	if r.Privileged != nil && *r.Privileged {
		marks = append(marks, lowPort(r))
	}
	if r.V6Only != nil && *r.V6Only && r.Addr == "::" {
		marks = append(marks, "IPv6 only")
	}
	if r.MPTCP {
		marks = append(marks, "MPTCP")
	}
	if r.Plaintext != nil && *r.Plaintext && (!r.Verified.Identified() || r.Verified.Transport == "plain") {
		mark := "plaintext"
		if r.ServiceBy == record.ByCommon && r.Kind != record.KindService && !r.Verified.Identified() {
			mark += "?" // as the service
		}
		if advice := r.Instead(); r.Kind != record.KindSocket && advice != "" {
			mark += ", " + advice
		}
		marks = append(marks, mark)
	}
	return strings.Join(append(marks, verifiedNote(r.Verified)...), "; ")
}

// lowPort says which users hold a privileged port, those first that started the
// others: "low port: master root, workers www-data".
func lowPort(r *record.Record) string {
	if slices.Contains(r.Flags, "lowered-start") {
		return "low port, free for every user"
	}
	var first, started []string
	for _, p := range r.Holders() {
		to := &first
		if p.StartedByAny(r.Holders()) {
			to = &started
		}
		if user := p.UserText(); user != "" && !slices.Contains(*to, user) {
			*to = append(*to, user)
		}
	}
	started = slices.DeleteFunc(started, func(user string) bool { return slices.Contains(first, user) })
	switch who := strings.Join(first, " and "); {
	case who == "":
		return "low port"
	case len(started) > 0:
		return fmt.Sprintf("low port: master %s, workers %s", who, strings.Join(started, " and "))
	default:
		return "low port: " + who
	}
}

// serviceText is the service of a port. A name that people commonly use for the
// number, and that nobody registered for it, is a guess: "minio?".
func serviceText(r *record.Record) string {
	if r.ServiceBy == record.ByCommon && r.Kind != record.KindService && r.Service != "" {
		return r.Service + "?"
	}
	return r.Service
}

// shownPIDs is how many PIDs the table shows for processes of one name.
const shownPIDs = 3

func allHolders(r *record.Record) string  { return holders(r, math.MaxInt) }
func someHolders(r *record.Record) string { return holders(r, shownPIDs) }

// holders names the processes of a socket. Processes of one name are put
// together, with at most maxPIDs of their PIDs.
func holders(r *record.Record, maxPIDs int) string {
	if r.Processes == nil {
		return ""
	}
	if len(r.Holders()) == 0 {
		if r.Kernel != "" {
			return "(kernel: " + r.Kernel + ")"
		}
		return "(hidden: " + cmp.Or(r.Hidden, "unknown") + ")"
	}
	var names []string
	byName := make(map[string][]string)
	for _, p := range r.Holders() {
		name := cmp.Or(p.Name, "?")
		if byName[name] == nil {
			names = append(names, name)
		}
		byName[name] = append(byName[name], strconv.Itoa(p.PID))
	}
	for i, name := range names {
		names[i] = foldHolders(name, byName[name], maxPIDs)
	}
	return strings.Join(names, ", ")
}

func foldHolders(name string, pids []string, maxPIDs int) string {
	if len(pids) == 1 {
		return name + " (" + pids[0] + ")"
	}
	list := strings.Join(pids[:min(len(pids), maxPIDs)], ", ")
	if len(pids) > maxPIDs {
		list += ", …"
	}
	return fmt.Sprintf("%s ×%d: %s", name, len(pids), list)
}

func pids(r *record.Record) string {
	return eachHolder(r, func(p record.Process) string { return strconv.Itoa(p.PID) })
}

func userText(r *record.Record) string { return cmp.Or(r.User, optional(r.UID)) }

// eachHolder joins the texts of all holders, without repeats.
func eachHolder(r *record.Record, text func(record.Process) string) string {
	var parts []string
	seen := make(map[string]bool)
	for _, p := range r.Holders() {
		if t := text(p); t != "" && !seen[t] {
			seen[t] = true
			parts = append(parts, t)
		}
	}
	return strings.Join(parts, "; ")
}

func started(p record.Process) string { return when(p.Started) }

func when(t *time.Time) string {
	if t == nil {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}

func number[T uint16 | uint64 | int](n T) string {
	if n == 0 {
		return ""
	}
	return fmt.Sprint(n)
}

func optional[T int | uint32](n *T) string {
	if n == nil {
		return ""
	}
	return fmt.Sprint(*n)
}

func truth(b *bool) string {
	if b == nil {
		return ""
	}
	return strconv.FormatBool(*b)
}

func millis(ms *float64) string {
	if ms == nil {
		return ""
	}
	return strconv.FormatFloat(*ms, 'f', 3, 64)
}
