//go:build linux

package main

import (
	"bufio"
	"bytes"
	"net/netip"
	"os/exec"
	"strconv"
	"strings"
	"time"

	"porthole/internal/netlab"
)

// masscanTool is masscan, which writes packets itself: it needs root, an Ethernet and
// a rate. The row says where a scan by connect stands beside it.
func (c scanCase) masscanTool(runs int, limit time.Duration) []scanTool {
	if c.masscan == "" {
		return nil
	}
	argv := []string{"masscan", c.targets, "-p", c.ports, "--rate", c.masscan, "--wait", "2", "-oG", "-", "-e", netlab.EthernetDevice, "--router-ip", ethernetGateway}
	return []scanTool{{"masscan --rate " + c.masscan, func(int) []string { return argv }, runs, limit, openInGrepable}}
}

// rustscanTool is RustScan, which cargo installs and Debian has not.
func (c scanCase) rustscanTool(runs int, limit time.Duration) []scanTool {
	if path, err := exec.LookPath("rustscan"); c.wide && err == nil {
		argv := []string{path, "-n", "-g", "-a", c.targets}
		if strings.Contains(c.ports, "-") {
			argv = append(argv, "-r", c.ports)
		} else {
			argv = append(argv, "-p", c.ports)
		}
		return []scanTool{{"RustScan", func(int) []string { return argv }, runs, limit, openInRustScan}}
	}
	return nil
}

// openInRustScan reads the lines of RustScan's -g: ADDR -> [22,443].
func openInRustScan(out []byte) map[netip.AddrPort]bool {
	open := make(map[netip.AddrPort]bool)
	for lines := bufio.NewScanner(bytes.NewReader(out)); lines.Scan(); {
		host, ports, ok := strings.Cut(lines.Text(), " -> [")
		addr, err := netip.ParseAddr(host)
		if !ok || err != nil {
			continue
		}
		for p := range strings.SplitSeq(strings.TrimSuffix(ports, "]"), ",") {
			if port, err := strconv.ParseUint(p, 10, 16); err == nil {
				open[netip.AddrPortFrom(addr, uint16(port))] = true
			}
		}
	}
	return open
}
