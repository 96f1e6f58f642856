//go:build !linux && !windows && !darwin && !freebsd

package sockets

// openOwn has nothing better than gopsutil.
func openOwn() source { return openGopsutil() }
