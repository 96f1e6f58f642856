//go:build darwin || freebsd

package machine

import (
	"fmt"
	"math"
	"runtime"

	"golang.org/x/sys/unix"
)

// ReadPorts reads the kernel's rules by sysctl.
func ReadPorts() (Ports, error) {
	p := Ports{System: runtime.GOOS, FirstUnprivileged: 1024} // IPPORT_RESERVED of netinet/in.h
	var err error
	read := func(name string) (port uint16) {
		if err != nil {
			return 0
		}
		n, readErr := unix.SysctlUint32(name)
		if readErr != nil {
			err = fmt.Errorf("reading the kernel's rules for ports: %s: %w", name, readErr)
		}
		return uint16(min(n, math.MaxUint16))
	}
	p.Ephemeral = Range{read("net.inet.ip.portrange.first"), read("net.inet.ip.portrange.last")}
	if runtime.GOOS == "freebsd" {
		p.FirstUnprivileged = min(read("net.inet.ip.portrange.reservedhigh"), math.MaxUint16-1) + 1
		if enabled, aclErr := unix.SysctlUint32("security.mac.portacl.enabled"); aclErr == nil && enabled != 0 {
			p.ACL = read("security.mac.portacl.port_high")
		}
	}
	p.Known = err == nil
	return p, err
}
