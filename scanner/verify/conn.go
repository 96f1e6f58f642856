package verify

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"os"
	"time"
)

const (
	mostBytes    = 16 << 10 // that are read of one answer
	mostGreeting = 512      // that are read of a server that was not asked
	grace        = 60 * time.Millisecond
)

// link is one connection to a port. It counts and keeps what passes.
type link struct {
	net.Conn
	in, out []byte // what was read and written so far, the first mostBytes of each
	stop    func() bool
	last    bool // what is written next is the last
}

// newLink takes over a connection, which ends with ctx.
func newLink(ctx context.Context, conn net.Conn) *link {
	l := &link{Conn: conn}
	l.stop = context.AfterFunc(ctx, func() { conn.Close() })
	return l
}

func (l *link) Read(b []byte) (int, error) {
	n, err := l.Conn.Read(b)
	l.in = keep(l.in, b[:n])
	return n, err
}

func (l *link) Write(b []byte) (int, error) {
	l.out = keep(l.out, b)
	n, err := l.Conn.Write(b)
	if end, ok := l.Conn.(interface{ CloseWrite() error }); ok && l.last {
		end.CloseWrite()
	}
	return n, err
}

func keep(kept, more []byte) []byte {
	return append(kept, more[:min(len(more), max(0, mostBytes-len(kept)))]...)
}

func (l *link) Close() error {
	l.stop()
	return l.Conn.Close()
}

// reply is what came in answer to one request.
type reply struct {
	data  []byte
	end   ending
	first time.Time // when the first of it came; zero for nothing
}

// ending says why a reply has no more.
type ending uint8

const (
	quiet  ending = iota // the connection is open; nothing more came in time
	closed               // the server closed
	reset                // the server reset the connection, or it broke
)

// gone reports that the connection can be asked no more.
func (r reply) gone() bool { return r.end != quiet }

// waitFunc returns how long to wait for something, by what is known when it is called.
type waitFunc func() time.Duration

// fixedWait is always the same.
func fixedWait(d time.Duration) waitFunc { return func() time.Duration { return d } }

// recheckEvery is how often a wait for an answer calls its waitFunc again: what was
// learned meanwhile may make it shorter or longer.
const recheckEvery = 25 * time.Millisecond

// lastRead is the time of one more Read after a wait is over. A Read whose deadline has
// passed fails even if there is something to read that a busy process has not got to.
const lastRead = time.Millisecond

// exchange writes a request, if there is one, and reads until judge says yes or
// time is up. After a no it waits only a little for what might change that.
func exchange(conn net.Conn, request []byte, waits waitFunc, most int, judge func(reply) verdict) reply {
	wait := waits()
	if len(request) > 0 {
		conn.SetWriteDeadline(time.Now().Add(wait))
		// A server that spoke and closed has left something to read.
		_, _ = conn.Write(request)
	}
	var r reply
	began := time.Now()
	until := began.Add(wait)
	last := until.Add(wait)                // for a server that sends piece by piece
	buf := make([]byte, 512)               // most answers are short
	final, lost := false, time.Duration(0) // the longest time that this process did not run in
	for len(r.data) < most {
		deadline := earlier(until, time.Now().Add(recheckEvery))
		conn.SetReadDeadline(deadline)
		n, err := conn.Read(buf[:min(len(buf), most-len(r.data))])
		if r.data = append(r.data, buf[:n]...); n > 0 && r.first.IsZero() {
			r.first = time.Now()
		}
		if n == len(buf) {
			buf = make([]byte, min(8*n, 4096))
		}
		if n == 0 && errors.Is(err, os.ErrDeadlineExceeded) {
			lost = max(lost, time.Since(deadline))
			if len(r.data) == 0 && !final {
				until = began.Add(waits() + lost)
			}
			if time.Now().Before(until) {
				continue
			}
			if !final {
				final, until = true, time.Now().Add(lastRead)
				continue
			}
		}
		if err != nil {
			r.end = endingOf(err)
			return r
		}
		switch judge(r) {
		case yes:
			return r
		case partial:
			until = earlier(last, time.Now().Add(wait))
		case no:
			until = earlier(until, time.Now().Add(grace))
		}
	}
	return r
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

func endingOf(err error) ending {
	switch {
	case errors.Is(err, os.ErrDeadlineExceeded):
		return quiet
	case errors.Is(err, io.EOF):
		return closed
	}
	return reset
}

// echoed reports that in begins with what was sent: the server says nothing of
// its own.
func echoed(in, sent []byte) bool {
	return len(sent) >= 4 && bytes.HasPrefix(in, sent)
}
