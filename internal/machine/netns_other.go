//go:build !linux

package machine

import "errors"

// NetNS is unknown here.
func NetNS() uint64 { return 0 }

// NetNSOf is unknown here.
func NetNSOf(int) uint64 { return 0 }

// A NetNSHandle leads into a network namespace, which only Linux has.
type NetNSHandle struct{}

// FindNetNS finds nothing here.
func FindNetNS(uint64, string, []int) (NetNSHandle, error) {
	return NetNSHandle{}, errors.New("this system has no network namespaces")
}

// Do calls f.
func (NetNSHandle) Do(f func() error) error { return f() }
