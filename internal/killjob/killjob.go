// Package killjob ends what holds a port of this machine, and waits until the port
// is free.
//
// [Job.Find] lists who holds what was asked for and decides, by package kill, who has to
// end. [Job.Run] signals these processes and no others: it holds handles to them, since a
// PID may be given to another process.
package killjob

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"porthole/internal/kill"
	"porthole/internal/label"
	"porthole/internal/listing"
	"porthole/internal/machine"
	"porthole/internal/record"
	"porthole/internal/sentence"
	"porthole/registry"
	"porthole/sockets"
)

// Job is what to make free. It is about this network namespace alone.
type Job struct {
	Typed   string // PORT or NAME
	Signal  os.Signal
	Timeout time.Duration // to wait until it is free
	NoBPF   bool          // see [sockets.Lister]

	read     func(context.Context) (sockets.Snapshot, error) // nil reads this machine
	services *registry.Registry
	several  bool                     // what was typed stands for several ports
	asked    func(record.Record) bool // whether a socket is on what was typed
	sockets  []record.Record          // of this network namespace, those of other ones are in others
	others   []record.Record
}

// New reads PORT or NAME, of the protocols "tcp" and "udp" or one of them. A word
// that can be both a program's and a service's name means the program. One that stands
// for several ports, such as all or http*, means none of them.
func New(services *registry.Registry, typed string, protos ...string) (*Job, error) {
	j := &Job{Typed: typed, services: services}
	ports, err := services.ParsePorts(typed, protos...)
	if err != nil && listing.MeansPorts(typed) {
		return nil, err
	}
	j.several = err == nil && !onePort(ports)
	if j.several && listing.MeansPorts(typed) {
		return nil, j.tooMany()
	}
	onPort := func(r record.Record) bool { return err == nil && !j.several && ports.Contains(r.Proto, r.Port) }
	named := func(r record.Record) bool {
		return slices.Contains(protos, r.Proto) &&
			slices.ContainsFunc(r.Holders(), func(p record.Process) bool { return p.Name == typed })
	}
	j.asked = func(r record.Record) bool {
		if !listing.MeansPorts(typed) && slices.ContainsFunc(j.sockets, named) {
			return named(r)
		}
		return onPort(r)
	}
	return j, nil
}

func (j *Job) tooMany() error { return fmt.Errorf("%q is more than one port; name one", j.Typed) }

// onePort reports whether ports are one number, of one protocol or of several.
func onePort(ports registry.Ports) bool {
	numbers := make(map[uint16]bool)
	for _, proto := range ports.Protos() {
		for port := range ports.All(proto) {
			if numbers[port] = true; len(numbers) > 1 {
				return false
			}
		}
	}
	return len(numbers) == 1
}

// List lists the sockets that wait, or are bound and may wait soon.
func (j *Job) List(ctx context.Context) error {
	read := j.read
	if read == nil {
		read = (&sockets.Lister{All: true, NoBPF: j.NoBPF}).List
	}
	snap, err := read(ctx)
	if err != nil {
		return err
	}
	own := machine.NetNS()
	j.sockets, j.others = nil, nil
	known := make(label.Processes)
	for _, s := range snap.Sockets {
		r := *label.Socket(j.services, s, known)
		switch {
		case !r.Waits() && r.State != sockets.StateBoundInactive.String():
		case r.InNetNS(own):
			j.sockets = append(j.sockets, r)
		default:
			j.others = append(j.others, r)
		}
	}
	return nil
}

// held are the sockets that were asked for.
func (j *Job) held() (list []record.Record) {
	for _, r := range j.sockets {
		if j.asked(r) {
			list = append(list, r)
		}
	}
	return list
}

// Targets are the processes to signal, by the last call of List. The error says why the
// port cannot be made free.
func (j *Job) Targets() ([]kill.Target, error) {
	held := j.held()
	if len(held) == 0 {
		return nil, j.nothing()
	}
	for _, r := range held {
		if len(r.Holders()) == 0 && r.Hidden == sockets.HiddenPermission.String() {
			return nil, fmt.Errorf("%s is held by a process that cannot be seen from here; root sees it, unless a user namespace or a sandbox is in between", r.Endpoint())
		} else if len(r.Holders()) == 0 {
			return nil, fmt.Errorf("%s has no process to signal (%s); porthole explain %d tells more", r.Endpoint(), r.Hidden, r.Port)
		}
	}
	targets := kill.Targets(held, j.sockets, kill.Protected{Self: os.Getpid(), Ancestors: machine.Ancestors()})
	for _, t := range targets {
		if t.Refusal == "" {
			continue
		}
		err := fmt.Errorf("%s is held by %s, which is not signalled: %s", strings.Join(t.Holds, ", "), kill.Name(t.Process), t.Refusal)
		if t.Restart != "" {
			err = fmt.Errorf("%w (%s)", err, t.Restart)
		}
		return nil, err
	}
	return targets, nil
}

// nothing says that nothing here is on what was typed, and where else it is.
func (j *Job) nothing() error {
	if j.several {
		return j.tooMany()
	}
	for _, r := range j.others {
		if j.asked(r) && len(r.Holders()) > 0 {
			p := r.Holders()[0]
			how := fmt.Sprintf("nsenter --target %d --net porthole kill %s", p.PID, j.Typed)
			if r.NetNS != 0 && machine.NetNSOf(p.PID) != r.NetNS {
				how = fmt.Sprintf("kill %d", p.PID) // it lives elsewhere itself
			}
			return fmt.Errorf("nothing in this network namespace holds %s; in another one %s does, and %s ends it", j.Typed, kill.Name(p), how)
		}
	}
	hidden := 0
	for _, r := range j.sockets {
		if r.HolderHidden() {
			hidden++
		}
	}
	if !listing.MeansPorts(j.Typed) && hidden > 0 {
		return fmt.Errorf("nothing whose name can be seen from here holds a port as %s; the holders of %s are hidden, and root sees more, unless a user namespace or a sandbox is in between", j.Typed, sentence.Count(hidden, "socket", "sockets"))
	}
	return fmt.Errorf("nothing holds %s; porthole list shows what is held", j.Typed)
}

// HeldError says that what was asked for is not free after the signals.
type HeldError struct{ Text string }

func (e *HeldError) Error() string { return e.Text }

// Run signals the targets and waits until what was asked for is free, which it was
// after a time. The error is a [HeldError] if it is not, or says why nothing was sent.
func (j *Job) Run(ctx context.Context, targets []kill.Target) (after time.Duration, err error) {
	var handles []*sockets.Handle
	defer func() {
		for _, h := range handles {
			h.Close()
		}
	}()
	for _, t := range targets { // all of them are held before the first is signalled
		h, err := sockets.Process{PID: t.Process.PID, Started: *t.Process.Started}.Hold(ctx)
		switch {
		case errors.Is(err, os.ErrProcessDone):
		case errors.Is(err, os.ErrPermission):
			return 0, fmt.Errorf("this user may not signal %s of user %s; root may", kill.Name(t.Process), t.Process.User)
		case err != nil:
			return 0, fmt.Errorf("%s: %w", kill.Name(t.Process), err)
		default:
			handles = append(handles, h)
		}
	}
	for _, h := range handles {
		if err := h.Signal(ctx, j.Signal); err != nil && !errors.Is(err, os.ErrProcessDone) {
			return 0, err
		}
	}
	return j.wait(ctx, targets)
}
