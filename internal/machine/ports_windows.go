package machine

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"time"

	"golang.org/x/sys/windows"
)

// ReadPorts asks netsh for the ranges that TCP and UDP ports are taken from, and for
// those that are given to nobody. Both protocols have the same range at first; it is
// that of TCP that is told.
func ReadPorts() (Ports, error) {
	p := Ports{System: "windows", Excluded: make(map[string][]Range)}
	text, err := netsh("dynamicport", "tcp")
	if err != nil {
		return p, err
	}
	if p.Ephemeral, err = parseDynamicPorts(text); err != nil {
		return p, fmt.Errorf("netsh int ipv4 show dynamicport: %w", err)
	}
	for _, proto := range []string{"tcp", "udp"} {
		text, err := netsh("excludedportrange", "protocol="+proto)
		if err != nil {
			return p, err
		}
		p.Excluded[proto] = parseExcludedPorts(text)
	}
	p.Known = true
	return p, nil
}

// netsh runs the program of that name of Windows itself, whatever PATH has.
func netsh(what, of string) (string, error) {
	const timeout = 10 * time.Second
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	dir, err := windows.GetSystemDirectory()
	if err != nil {
		return "", err
	}
	out, err := exec.CommandContext(ctx, filepath.Join(dir, "netsh.exe"), "int", "ipv4", "show", what, of).Output()
	if err != nil {
		return "", fmt.Errorf("netsh int ipv4 show %s %s: %w", what, of, errors.Join(err, ctx.Err()))
	}
	return string(out), nil
}
