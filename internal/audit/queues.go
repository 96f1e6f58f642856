package audit

import (
	"fmt"

	"porthole/internal/record"
)

// acceptQueueFull looks for listeners that are about to drop connections. The
// kernel queues one connection more than the backlog (sk_acceptq_is_full in
// net/sock.h).
func acceptQueueFull(v *view) (matches []match) {
	for _, r := range v.waiting {
		if queueIsFull(r) {
			matches = append(matches, match{record: r, evidence: fmt.Sprintf("%d connections wait to be accepted by %s, and its backlog is %d", *r.RecvQ, holder(r), *r.Backlog)})
		}
	}
	return matches
}

func queueIsFull(r record.Record) bool {
	return r.RecvQ != nil && r.Backlog != nil && *r.RecvQ > 0 && *r.RecvQ >= *r.Backlog
}

// manyCloseWait is how many connections in CLOSE_WAIT make a finding. A few are
// normal.
const manyCloseWait = 50

// closeWait counts the connections of each listener that the peer has closed and
// the program has not.
func closeWait(v *view) (matches []match) {
	type listener struct {
		netns uint64
		port  uint16
		owner string
	}
	n := make(map[listener]int)
	for _, r := range v.Sockets {
		if r.State == "close-wait" {
			n[listener{r.NetNS, r.Port, r.OwnerName()}]++
		}
	}
	for _, r := range v.waiting {
		l := listener{r.NetNS, r.Port, r.OwnerName()}
		if r.Proto == "tcp" && n[l] >= manyCloseWait {
			matches = append(matches, match{record: r, evidence: fmt.Sprintf("%d connections to %s are in CLOSE_WAIT", n[l], holder(r))})
			delete(n, l)
		}
	}
	return matches
}
