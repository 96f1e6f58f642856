package sockets

import (
	"context"
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// openOwn reads FreeBSD: the sockets by sockstat, which is in the base system, and
// the processes by sysctl, as gopsutil does.
func openOwn() source {
	sockstat := findTool("sockstat", "/usr/bin/sockstat")
	people := &users{}
	return &ownSource{
		read: func(ctx context.Context, _ want) ([]row, []error, error) {
			rows, warnings, err := sockstatRows(ctx, sockstat)
			if err == nil && !seesOthers() {
				warnings = append(warnings, errOthersMissing)
			}
			return rows, warnings, err
		},
		rules: readBindRules,
		gopsutilSource: gopsutilSource{
			process: func(ctx context.Context, pid int) (Process, error) { return describePID(ctx, pid, people) },
			people:  people,
			blocked: func() Hidden {
				if !seesOthers() {
					return HiddenPermission
				}
				return HiddenNone
			},
		},
	}
}

// seesOthers reports whether the sockets of other users are shown to this one
// (security(7)).
func seesOthers() bool {
	if os.Geteuid() == 0 {
		return true
	}
	see, err := unix.SysctlUint32("security.bsd.see_other_uids")
	return err != nil || see != 0
}

// readBindRules reads who may bind a low port: ip(4) and mac_portacl(4).
func readBindRules() (bindRules, error) {
	rules := bindRules{first: defaultFirstUnprivileged}
	reserved, err := unix.SysctlUint32("net.inet.ip.portrange.reservedhigh")
	if err != nil {
		return rules, err
	}
	rules.first = uint16(min(reserved, maxPort-1)) + 1
	enabled, err := unix.SysctlUint32("security.mac.portacl.enabled")
	if errors.Is(err, unix.ENOENT) || err == nil && enabled == 0 {
		return rules, nil
	}
	if err != nil {
		return rules, err
	}
	last, err := unix.SysctlUint32("security.mac.portacl.port_high")
	if err != nil {
		return rules, err
	}
	rules.byRule = uint16(min(last, maxPort))
	text, err := unix.Sysctl("security.mac.portacl.rules")
	if err != nil {
		return rules, err
	}
	rules.rules, err = parsePortRules(text)
	return rules, err
}

const maxPort = 0xffff
