package sockets

import (
	"errors"
	"sync"

	"golang.org/x/sys/unix"
)

// shortage remembers that this process ran out of descriptors or memory: what could not
// be opened then may exist all the same. A nil *shortage remembers nothing.
type shortage struct {
	mu  sync.Mutex
	err error // the first one
}

// isShortage reports whether err is a lack of descriptors or memory.
func isShortage(err error) bool {
	return errors.Is(err, unix.EMFILE) || errors.Is(err, unix.ENFILE) || errors.Is(err, unix.ENOMEM) || errors.Is(err, unix.ENOBUFS)
}

// note keeps an error if it is of that kind.
func (s *shortage) note(err error) {
	if s == nil || err == nil || !isShortage(err) {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err == nil {
		s.err = err
	}
}

// noted reports whether there is an error that was not taken.
func (s *shortage) noted() bool {
	if s == nil {
		return false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.err != nil
}

// take returns what was noted since the last call.
func (s *shortage) take() error {
	if s == nil {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	err := s.err
	s.err = nil
	return err
}
