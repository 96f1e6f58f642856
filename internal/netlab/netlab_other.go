//go:build !linux

package netlab

import (
	"net/netip"
	"os"
	"runtime"
)

// No Lab ever exists here, so its methods are never called.

func available() error {
	return &UnavailableError{"it needs the network namespaces of Linux, and this is " + runtime.GOOS}
}

func newNamespace(string, []netip.Addr) (*Namespace, error) { return nil, available() }

func enter(*os.File, func() error) error { return available() }

// Listen opens TCP listeners; it needs Linux.
func (n *Namespace) Listen(...netip.AddrPort) error { return available() }

// Respond opens UDP sockets that answer; it needs Linux.
func (n *Namespace) Respond([]byte, ...netip.AddrPort) error { return available() }

type server struct{}

func (*server) close() error { return available() }

type relay struct{}

func newRelay(Config, *Namespace, *Namespace) (*relay, error) { return nil, available() }

func (*relay) start()       {}
func (*relay) close() error { return available() }
func (*relay) stats() Stats { return Stats{} }
