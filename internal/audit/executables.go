package audit

import (
	"fmt"
	"slices"
	"strings"

	"porthole/internal/record"
)

// eachProgram finds one socket for every program that check has something to
// say about: the file is the trouble, however many ports it has.
func (v *view) eachProgram(check func(record.Process) string) (hits []hit) {
	seen := make(map[string]bool)
	for _, r := range v.waiting {
		for _, p := range r.Holders() {
			evidence := check(p)
			if key := p.Exe + "\x00" + p.User; evidence != "" && !seen[key] {
				seen[key] = true
				hits = append(hits, hit{record: r, evidence: evidence})
			}
		}
	}
	return hits
}

func exeTemporary(v *view) []hit {
	return v.eachProgram(func(p record.Process) string {
		places := []string{"/tmp/", "/var/tmp/", "/dev/shm/", "/run/user/", "/memfd:"}
		if slices.ContainsFunc(places, func(place string) bool { return strings.HasPrefix(p.Exe, place) }) {
			return fmt.Sprintf("%s (%d), run by %s, is in a place for temporary files, or in memory only", p.Exe, p.PID, user(p))
		}
		return ""
	})
}

func exeWritable(v *view) []hit {
	return v.eachProgram(func(p record.Process) string {
		if who := v.Executables[p.PID].Writable; who != "" {
			return fmt.Sprintf("%s (%d) runs as %s, and %s", p.Exe, p.PID, user(p), who)
		}
		return ""
	})
}

func exeDeleted(v *view) []hit {
	return v.eachProgram(func(p record.Process) string {
		path, deleted := strings.CutSuffix(p.Exe, " (deleted)")
		if !deleted && !v.Executables[p.PID].Deleted || strings.HasPrefix(path, "/memfd:") {
			return ""
		}
		evidence := fmt.Sprintf("%s (%d) was removed or replaced", path, p.PID)
		if p.Started != nil {
			evidence += " after its start at " + p.Started.UTC().Format("2006-01-02 15:04 MST")
		}
		return evidence
	})
}

func user(p record.Process) string {
	switch {
	case p.User != "":
		return p.User
	case p.UID != nil:
		return fmt.Sprintf("uid %d", *p.UID)
	default:
		return "an unknown user"
	}
}
