package machine

import (
	"fmt"
	"os"
	"path/filepath"
)

// ReadPorts reads the rules of the caller's network namespace.
func ReadPorts() (Ports, error) { return readPorts("/proc/sys/net/ipv4") }

func readPorts(dir string) (p Ports, err error) {
	read := func(name string, parse func(string) error) {
		if err != nil {
			return
		}
		text, readErr := os.ReadFile(filepath.Join(dir, name))
		if err = readErr; err == nil {
			err = parse(string(text))
		}
		if err != nil {
			err = fmt.Errorf("reading the kernel's rules for ports: %s: %w", name, err)
		}
	}
	read("ip_unprivileged_port_start", func(text string) (err error) {
		p.FirstUnprivileged, err = parsePort(text)
		return err
	})
	read("ip_local_port_range", func(text string) (err error) {
		p.Ephemeral, err = parseRange(text)
		return err
	})
	read("ip_local_reserved_ports", func(text string) (err error) {
		p.Reserved, err = parseRanges(text)
		return err
	})
	p.Known = err == nil
	return p, err
}
