package report

import (
	"cmp"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"porthole/internal/record"
)

// What stands in the cells of a table.

// hostText is the name that was typed, or that the address has.
func hostText(r *record.Record) string { return cmp.Or(r.Host, r.RDNS) }

// note marks what a reader should not miss about a row.
func note(r *record.Record) string {
	var marks []string
	if r.Middlebox {
		marks = append(marks, "middlebox")
	}
	if r.Privileged != nil && *r.Privileged {
		marks = append(marks, "privileged"+flagText(r.Flags))
	}
	if r.V6Only != nil && *r.V6Only && r.Addr == "::" {
		marks = append(marks, "IPv6 only")
	}
	if r.MPTCP {
		marks = append(marks, "MPTCP")
	}
	if r.Plaintext != nil && *r.Plaintext {
		mark := "plaintext"
		if secure, _, _ := strings.Cut(r.Secure, " ("); r.Kind != record.KindSocket && secure != "" {
			mark += ", use " + secure // without its citation
		}
		marks = append(marks, mark)
	}
	return strings.Join(marks, ", ")
}

// flagText words the flags of a low port behind "privileged".
func flagText(flags []string) string {
	text := ""
	for _, f := range flags {
		switch f {
		case "non-root":
			text += " by non-root"
		case "needless-root":
			text += " by root, a capability would do"
		case "lowered-start":
			text += " lowered"
		}
	}
	return text
}

// foldedPIDs is how many process numbers the table spells out for one name.
const foldedPIDs = 3

func allHolders(r *record.Record) string  { return holders(r, math.MaxInt) }
func someHolders(r *record.Record) string { return holders(r, foldedPIDs) }

// holders names the processes of a socket, those of one name folded together
// with at most so many of their numbers.
func holders(r *record.Record, most int) string {
	if r.Processes == nil {
		return ""
	}
	if len(r.Holders()) == 0 {
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
		names[i] = foldHolders(name, byName[name], most)
	}
	return strings.Join(names, ", ")
}

func foldHolders(name string, pids []string, most int) string {
	if len(pids) == 1 {
		return name + " (" + pids[0] + ")"
	}
	list := strings.Join(pids[:min(len(pids), most)], ", ")
	if len(pids) > most {
		list += ", …"
	}
	return fmt.Sprintf("%s ×%d: %s", name, len(pids), list)
}

func pids(r *record.Record) string {
	return eachHolder(r, func(p record.Process) string { return strconv.Itoa(p.PID) })
}

func userText(r *record.Record) string { return cmp.Or(r.User, optional(r.UID)) }

// eachHolder joins one text per holder, each distinct text once.
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
