//go:build !linux

package firewall

// monitor is nothing: only Linux is read.
type monitor struct{}

func openMonitor() monitor    { return monitor{} }
func (monitor) changed() bool { return false }
func (monitor) close()        {}
