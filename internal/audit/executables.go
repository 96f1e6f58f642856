package audit

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"porthole/internal/record"
)

// eachProgram makes one match for every program for which check returns evidence.
// The program is the problem, however many ports it holds.
func (v *view) eachProgram(check func(record.Process) string) (matches []match) {
	seen := make(map[string]bool)
	for _, r := range v.waiting {
		for _, p := range r.Holders() {
			evidence := check(p)
			if key := p.Exe + "\x00" + p.UserText(); evidence != "" && !seen[key] {
				seen[key] = true
				matches = append(matches, match{record: r, evidence: evidence})
			}
		}
	}
	return matches
}

func exeTemporary(v *view) []match {
	return v.eachProgram(func(p record.Process) string {
		if name, ok := strings.CutPrefix(p.Exe, "/memfd:"); ok {
			return fmt.Sprintf("%s (%d), run by %s, has no file: it runs from memory alone (memfd %q)", p.Name, p.PID, user(p), strings.TrimSuffix(name, " (deleted)"))
		}
		dirs := []string{"/tmp/", "/var/tmp/", "/dev/shm/", "/run/user/"}
		if slices.ContainsFunc(dirs, func(dir string) bool { return strings.HasPrefix(p.Exe, dir) }) {
			return fmt.Sprintf("%s (%d), run by %s, lies in a directory for temporary files", p.Exe, p.PID, user(p))
		}
		return ""
	})
}

func exeWritable(v *view) []match {
	return v.eachProgram(func(p record.Process) string {
		if who := v.Executables[p.PID].Writable; who != "" {
			return fmt.Sprintf("%s (%d) runs as %s, and %s", p.Exe, p.PID, user(p), who)
		}
		return ""
	})
}

func exeDeleted(v *view) []match {
	return v.eachProgram(func(p record.Process) string {
		path, deleted := strings.CutSuffix(p.Exe, " (deleted)")
		file := v.Executables[p.PID]
		deleted = file.Deleted || deleted && !file.Known // a file may be named so
		if !deleted || strings.HasPrefix(path, "/memfd:") {
			return ""
		}
		evidence := fmt.Sprintf("%s (%d) was removed or replaced", path, p.PID)
		if p.Started != nil {
			evidence += " after the process started at " + p.Started.UTC().Format("2006-01-02 15:04 MST")
		}
		return evidence
	})
}

func user(p record.Process) string { return cmp.Or(p.UserText(), "an unknown user") }
