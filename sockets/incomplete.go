package sockets

import (
	"errors"
	"fmt"
	"slices"
)

// ErrIncomplete marks the warnings of a [Snapshot] that tell of sockets or holders
// which may be missing, for a reason other than the rights of this user: no /proc,
// no descriptors left, a table that was cut.
var ErrIncomplete = errors.New("the list is incomplete")

// ErrFallback marks the warning that the kernel has no sock_diag for this process, so
// that the sockets are those of /proc/net, which tells less of each: no device, no
// V6Only, no MPTCP, no backlog.
var ErrFallback = errors.New("sockets: sock_diag is missing here; the tables in /proc/net tell less")

// Complete reports whether no warning is [ErrIncomplete]. Holders that this user may
// not see are no such reason: each row says so in [Socket.Hidden].
func (s Snapshot) Complete() bool { return isComplete(s.Warnings) }

// Complete reports whether no warning is [ErrIncomplete], as [Snapshot.Complete] does.
func (u Update) Complete() bool { return isComplete(u.Warnings) }

func isComplete(warnings []error) bool {
	return !slices.ContainsFunc(warnings, func(err error) bool { return errors.Is(err, ErrIncomplete) })
}

func incomplete(format string, args ...any) error {
	return fmt.Errorf("sockets: %w: %w", ErrIncomplete, fmt.Errorf(format, args...))
}
