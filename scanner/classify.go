package scanner

import (
	"context"
	"errors"
	"net"
	"syscall"
)

// verdict is what one attempt says about a port.
type verdict struct {
	state  State
	reason Reason
}

// silence reports that nothing answered: worth another attempt.
func (v verdict) silence() bool { return v.reason == ReasonNoResponse }

// silent is the verdict when nothing answered on proto. An open UDP port that
// ignores the payload looks the same as a filtered one.
func silent(proto string) verdict {
	if proto == "udp" {
		return verdict{StateOpenFiltered, ReasonNoResponse}
	}
	return verdict{StateFiltered, ReasonNoResponse}
}

// classify is the verdict of an attempt that failed with err, by the identity
// of the error alone. What it does not know is [StateUnknown] without a reason: an
// odd error is never evidence that a port is closed.
func classify(proto string, err error) verdict {
	// The errno first: EAGAIN and ETIMEDOUT call themselves timeouts too.
	if errno, ok := errors.AsType[syscall.Errno](err); ok {
		return classifyErrno(proto, errno)
	}
	if timedOut(err) {
		return silent(proto)
	}
	return verdict{StateUnknown, ReasonNone}
}

// timedOut reports that the attempt's own deadline passed.
func timedOut(err error) bool {
	if errors.Is(err, context.DeadlineExceeded) {
		return true
	}
	ne, ok := errors.AsType[net.Error](err)
	return ok && ne.Timeout()
}

// refused is the verdict when the host itself said that nothing listens: by
// RST on TCP, by ICMP port unreachable on UDP.
func refused(proto string) verdict {
	if proto == "udp" {
		return verdict{StateClosed, ReasonPortUnreach}
	}
	return verdict{StateClosed, ReasonConnRefused}
}
