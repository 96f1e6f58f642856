package registry

import (
	"iter"
	"path"
	"strings"

	"porthole/internal/spelling"
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
	return spelling.Nearest(name, r.allNames())
}

// suggestWord is Suggest for port expressions, which know some further words.
func (r *Registry) suggestWord(name string) string {
	return spelling.Nearest(name, func(yield func(string) bool) {
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
