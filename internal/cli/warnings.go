package cli

import (
	"errors"

	"porthole/internal/record"
	"porthole/sockets"
)

// unreadOf is why the rules of a firewall could not be read; "" if they were, or if
// no socket needs them.
func unreadOf(list []record.Record) string {
	for i := range list {
		if r := list[i].Reach; r != nil && r.Unread {
			return r.Why
		}
	}
	return ""
}

// missing prints what may be missing of a listing, all warnings with --verbose.
func (c console) missing(warnings []error) {
	for _, w := range c.printed(warnings) {
		printError(c.err, withFileLimit(w))
	}
}

// printed picks the warnings that are printed.
func (c console) printed(warnings []error) (list []error) {
	for _, w := range warnings {
		if c.verbose || errors.Is(w, sockets.ErrIncomplete) || errors.Is(w, sockets.ErrFallback) {
			list = append(list, w)
		}
	}
	return list
}

// complete reports whether no warning is about what may be missing.
func complete(warnings []error) bool { return sockets.Snapshot{Warnings: warnings}.Complete() }
