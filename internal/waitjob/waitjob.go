// Package waitjob waits until TCP ports are open, closed, free or verified.
//
// The kernel is asked who listens on ports of this machine; others are connected to.
// Package verify asks what answers. A [Port] has the state that was found last, with the
// evidence.
package waitjob

import (
	"context"
	"net/netip"
	"time"

	"porthole/internal/hosts"
	"porthole/internal/pause"
)

// What a job can wait for.
const (
	Open     = "open"     // somebody answers
	Closed   = "closed"   // the host says that nobody does, or on macOS and the BSDs somebody on the way refuses
	Free     = "free"     // a new server could have the port
	Verified = "verified" // what answers proved that it speaks a protocol
)

// Port is one port to wait for.
type Port struct {
	Typed string
	Host  string     // name to look up; "" none
	Addr  netip.Addr // not valid if there is a name, or for a port of this machine at any address
	Port  uint16

	Holds bool   // it was what is waited for when it was last polled
	State string // what it was then: "open", "closed", "free", "filtered", or with Verified what answered; "" if not known
	Why   string // the evidence for that: "conn-refused from ::1"

	said  bool           // Job.Holds was called
	at    netip.AddrPort // of a listener of this machine
	askAt time.Time      // when it is asked next what answers
}

// Local reports whether this machine's kernel can tell.
func (p *Port) Local() bool {
	return p.Host == "" && !p.Addr.IsValid() || p.Host == "localhost" || p.Addr.IsLoopback()
}

// Job is what to wait for. It runs once.
type Job struct {
	Ports    []*Port
	For      string        // Open, Closed, Verified or, if all Ports are Local, Free
	Protocol string        // with Verified: see [ParseFor]
	Any      bool          // one of the ports is enough; else all must hold at the same time
	Timeout  time.Duration // before it gives up
	Interval time.Duration // between two attempts on another machine
	NoBPF    bool          // see [sockets.Lister]

	// Resolver looks names up each time: one may not be there yet, or lead
	// elsewhere by now. Nil is hosts.System.
	Resolver hosts.Resolver

	Polled func(missing []*Port, after time.Duration) // called after each poll that was not enough; may be nil
	Holds  func(p *Port, after time.Duration)         // called when a port first holds; may be nil

	connectAt time.Time // when ports of other machines are asked next
}

// Run polls the ports until what is waited for holds, or until Timeout is over, when
// done is false. The error is ctx.Err(), or says why this machine cannot be asked.
func (j *Job) Run(ctx context.Context) (done bool, err error) {
	const interval = 50 * time.Millisecond // polling this machine takes a millisecond
	begin := time.Now()
	limited, cancel := context.WithDeadline(ctx, begin.Add(j.Timeout))
	defer cancel()
	for {
		if err := j.poll(ctx, limited); err != nil && limited.Err() == nil {
			return false, err
		}
		switch {
		case j.done(time.Since(begin)):
			return true, nil
		case ctx.Err() != nil:
			return false, ctx.Err()
		case limited.Err() != nil:
			return false, nil
		}
		if j.Polled != nil {
			j.Polled(j.Missing(), time.Since(begin))
		}
		_ = pause.For(limited, interval) // poll and the cases above tell of its end
	}
}

// poll finds out the state of each port. The time limit is for connecting alone: the
// kernel answers at once, so something is known however short the limit is.
func (j *Job) poll(ctx, limited context.Context) error {
	var here, elsewhere []*Port
	for _, p := range j.Ports {
		if p.Local() {
			here = append(here, p)
		} else {
			elsewhere = append(elsewhere, p)
		}
	}
	if err := j.pollLocal(ctx, here); err != nil {
		return err
	}
	if j.For == Verified {
		return j.verify(limited)
	}
	if time.Now().Before(j.connectAt) {
		return nil
	}
	err := j.connect(limited, elsewhere)
	j.connectAt = time.Now().Add(j.Interval)
	return err
}

// done calls Holds for the ports that hold for the first time, and reports whether
// enough of them do.
func (j *Job) done(after time.Duration) bool {
	n := 0
	for _, p := range j.Ports {
		if !p.Holds {
			continue
		}
		n++
		if !p.said && j.Holds != nil {
			j.Holds(p, after)
		}
		p.said = true
	}
	return n == len(j.Ports) || j.Any && n > 0
}

// Missing are the ports that did not hold when they were last polled.
func (j *Job) Missing() (list []*Port) {
	for _, p := range j.Ports {
		if !p.Holds {
			list = append(list, p)
		}
	}
	return list
}
