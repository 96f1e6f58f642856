//go:build !linux

package bpfiter

import "context"

// Kernel is one of Linux.
type Kernel struct{}

// OpenKernel returns [ErrUnavailable]: the iterators are Linux's.
func OpenKernel() (*Kernel, error) { return nil, ErrUnavailable }

// Close does nothing.
func (k *Kernel) Close() error { return nil }

// Files answers [ErrUnavailable].
func (k *Kernel) Files() (*Files, error) { return nil, ErrUnavailable }

// Tasks answers [ErrUnavailable].
func (k *Kernel) Tasks() (*Tasks, error) { return nil, ErrUnavailable }

// Files is a walk over descriptors, on Linux only.
type Files struct{}

// Walk answers [ErrUnavailable].
func (f *Files) Walk(context.Context, func(Descriptor)) error { return ErrUnavailable }

// Close does nothing.
func (f *Files) Close() error { return nil }

// Tasks is a walk over processes, on Linux only.
type Tasks struct{}

// Walk answers [ErrUnavailable].
func (t *Tasks) Walk(context.Context, func(Task)) error { return ErrUnavailable }

// Close does nothing.
func (t *Tasks) Close() error { return nil }
