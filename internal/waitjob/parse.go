package waitjob

import (
	"fmt"
	"net"
	"strconv"
	"strings"

	"porthole/internal/hosts"
	"porthole/registry"
)

// ParsePort reads PORT or HOST:PORT. A port can be a service's name, and one alone can
// have a prefix of port expressions (T:8080), or a colon in front as ss has it.
func ParsePort(text string, services *registry.Registry) (*Port, error) {
	if alone, certain := cutAlone(text); alone != "" {
		ports, err := services.ParsePorts(alone, "tcp")
		if err == nil || certain {
			port, err := single(text, ports, err)
			if err != nil {
				return nil, err
			}
			return &Port{Typed: text, Port: port}, nil
		}
	}
	targets, err := parseHost(text, services)
	if err != nil {
		return nil, err
	}
	for t := range targets.All() {
		p := &Port{Typed: text, Host: t.Name, Port: t.Port}
		if t.Name == "" {
			p.Addr = t.Ranges[0].From().WithZone(t.Zone)
		}
		switch {
		case targets.Len() > 1 || len(t.Ranges) > 1 || t.Name == "" && t.Ranges[0].From() != t.Ranges[0].To():
			return nil, fmt.Errorf("%q is more than one host; write them apart", text)
		case t.Port == 0:
			return nil, fmt.Errorf("%q has no port; write %s", text, net.JoinHostPort(text, "PORT"))
		}
		return p, nil
	}
	return nil, fmt.Errorf("%q is not a host", text)
}

// cutAlone returns the port expression of what may be a port without a host, "" if it
// is none. Certain is that no host is meant.
func cutAlone(text string) (alone string, certain bool) {
	alone, colon := strings.CutPrefix(text, ":")
	prefix, port, found := strings.Cut(alone, ":")
	switch {
	case !found:
		return alone, colon
	case len(prefix) == 1 && strings.Contains("TUSDtusd", prefix) && !strings.Contains(port, ":"):
		return alone, true
	}
	return "", false
}

// single is the one TCP port of an expression.
func single(text string, ports registry.Ports, err error) (uint16, error) {
	switch {
	case err != nil:
		return 0, fmt.Errorf("%q: %w", text, err)
	case ports.Len("tcp") == 1 && !ports.Contains("tcp", 0):
		for port := range ports.All("tcp") {
			return port, nil
		}
	}
	return 0, fmt.Errorf("%q is not a single TCP port", text)
}

// parseHost reads HOST:PORT.
func parseHost(text string, services *registry.Registry) (hosts.Targets, error) {
	targets, err := hosts.Parse(text)
	at := strings.LastIndexByte(text, ':')
	if err == nil || at < 1 {
		return targets, err
	}
	host, name := text[:at], text[at+1:]
	if strings.Contains(host, ":") && !strings.HasSuffix(host, "]") || strings.Trim(name, "0123456789-") == "" {
		return targets, err // an IPv6 address, a URL or a number
	}
	if _, wrong := hosts.Parse(host); wrong != nil {
		return targets, err
	}
	ports, err := services.ParsePorts(name, "tcp")
	port, err := single(text, ports, err)
	if err != nil {
		return targets, err
	}
	return hosts.Parse(host + ":" + strconv.Itoa(int(port)))
}
