package audit

import "fmt"

// acceptQueueFull: the kernel takes one connection more than the backlog
// before it drops (sk_acceptq_is_full in net/sock.h).
func acceptQueueFull(v *view) (hits []hit) {
	for _, r := range v.waiting {
		if r.RecvQ != nil && r.Backlog != nil && *r.RecvQ > 0 && *r.RecvQ >= *r.Backlog {
			hits = append(hits, hit{record: r, evidence: fmt.Sprintf("%d connections wait for %s, which made room for %d", *r.RecvQ, holder(r), *r.Backlog)})
		}
	}
	return hits
}

// pileUp is how many connections in CLOSE_WAIT are no chance.
const pileUp = 50

// closeWait counts the connections to each listener that the peer has closed
// and the program has not.
func closeWait(v *view) (hits []hit) {
	type door struct {
		netns uint64
		port  uint16
		owner string
	}
	n := make(map[door]int)
	for _, r := range v.Sockets {
		if r.State == "close-wait" {
			n[door{r.NetNS, r.Port, r.OwnerName()}]++
		}
	}
	for _, r := range v.waiting {
		d := door{r.NetNS, r.Port, r.OwnerName()}
		if r.Proto == "tcp" && n[d] >= pileUp {
			hits = append(hits, hit{record: r, evidence: fmt.Sprintf("%d connections to %s are in CLOSE_WAIT", n[d], holder(r))})
			delete(n, d)
		}
	}
	return hits
}
