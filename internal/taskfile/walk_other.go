//go:build !linux

package taskfile

import "context"

// Walker is a walk, on Linux only.
type Walker struct{}

// Open answers [ErrUnavailable]: the iterator is Linux's.
func Open() (*Walker, error) { return nil, ErrUnavailable }

// Close does nothing.
func (w *Walker) Close() error { return nil }

// Walk answers [ErrUnavailable].
func (w *Walker) Walk(context.Context, func(Descriptor)) error { return ErrUnavailable }
