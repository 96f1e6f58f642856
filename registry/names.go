package registry

import (
	"iter"
	"path"
	"strings"
)

// Named yields the services that have a name, by port and then protocol. The
// pattern is a name or, with any of * ? [ in it, a glob as in [path.Match],
// except that * and ? match a slash too. All names of a service count: the one
// that people use, those that IANA registered, and the user's. Case does not
// matter. A malformed glob matches nothing.
func (r *Registry) Named(pattern string) iter.Seq[Service] {
	return func(yield func(Service) bool) {
		r.Services(r.matching(pattern))(yield)
	}
}

// matching returns the ports of the services that Named yields.
func (r *Registry) matching(pattern string) Ports {
	match := matcher(pattern)
	var b portsBuilder
	for row := range r.allRows() {
		for name := range row.names() {
			if match(name) {
				b.addEach(row.protos, row.Range)
				break
			}
		}
	}
	return b.ports()
}

// allRows yields the rows of every table, those that people know first.
func (r *Registry) allRows() iter.Seq[row] {
	return func(yield func(row) bool) {
		for _, t := range []table{r.userTable(), curatedTable, ianaTable} {
			for row := range t.rows() {
				if !yield(row) {
					return
				}
			}
		}
	}
}

func matcher(pattern string) func(name string) bool {
	if !strings.ContainsAny(pattern, "*?[") {
		return func(name string) bool { return strings.EqualFold(name, pattern) }
	}
	glob := foldForGlob(pattern)
	return func(name string) bool {
		ok, err := path.Match(glob, foldForGlob(name))
		return ok && err == nil
	}
}

// foldForGlob hides slashes, which path.Match does not let a star match and
// which some names have: "914c/g".
func foldForGlob(s string) string {
	return strings.ReplaceAll(strings.ToLower(s), "/", "\x00")
}

// Suggest returns the service name that is nearest to a mistyped one, "" when
// none is near.
func (r *Registry) Suggest(name string) string {
	return nearest(name, r.allNames())
}

// suggestWord is Suggest for port expressions, which know some further words.
func (r *Registry) suggestWord(name string) string {
	return nearest(name, func(yield func(string) bool) {
		for _, word := range []string{"all", "common", ClassWellKnown.String(), ClassRegistered.String(), ClassDynamic.String()} {
			if !yield(word) {
				return
			}
		}
		r.allNames()(yield)
	})
}

func (r *Registry) allNames() iter.Seq[string] {
	return func(yield func(string) bool) {
		for row := range r.allRows() {
			for name := range row.names() {
				if !yield(name) {
					return
				}
			}
		}
	}
}

// nearest returns the first of the candidates with the fewest edits, up to one
// edit in three characters and at least one.
func nearest(name string, candidates iter.Seq[string]) string {
	// The distance costs the product of both lengths; no service name is long.
	const longest = 64
	if name == "" || len(name) > longest {
		return ""
	}
	name = strings.ToLower(name)
	best, limit := "", max(1, len(name)/3)+1
	for candidate := range candidates {
		if diff := len(candidate) - len(name); diff >= limit || -diff >= limit {
			continue
		}
		if d := distance(name, strings.ToLower(candidate)); d < limit {
			best, limit = candidate, d
		}
	}
	return best
}

// distance counts the bytes to insert, delete, replace or swap with their
// neighbour to make b of a (the optimal string alignment distance).
func distance(a, b string) int {
	// Three rows of the matrix: for i-2, i-1 and i bytes of a.
	older, old, cur := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range old {
		old[j] = j
	}
	for i := 1; i <= len(a); i++ {
		cur[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			cur[j] = min(old[j]+1, cur[j-1]+1, old[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				cur[j] = min(cur[j], older[j-2]+1)
			}
		}
		older, old, cur = old, cur, older
	}
	return old[len(b)]
}
