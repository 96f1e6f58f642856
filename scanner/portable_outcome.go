package scanner

import (
	"net/netip"
	"time"

	"porthole/scanner/internal/schedule"
)

// portableOutcome is what came of an attempt at a slot, which ended at a time with a
// verdict and the error behind it.
func portableOutcome(slot int32, addr netip.Addr, udp bool, at time.Duration, v verdict, err error) schedule.Outcome[evidence] {
	v = ambiguous(v, udp, addr, icmpRefuses)
	o := schedule.Outcome[evidence]{Evidence: evidence{v, err}, Slot: slot, At: at}
	switch {
	case err == errToItself:
		o = inconclusive(slot, at, err)
	case v.silence():
		o.Event = schedule.TimedOut
	case v.state == StateUnknown:
		o.Event, o.Local = schedule.Failed, v.local()
	default:
		o.Answer = v.answer()
	}
	return o
}
