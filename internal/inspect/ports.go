package inspect

import (
	"errors"
	"fmt"

	"porthole/registry"
)

// ParsePort reads one port to explain, by number or by a service's name, of the
// protocols "tcp" and "udp" or one of them.
func ParsePort(services *registry.Registry, text string, protos ...string) (asked registry.Ports, err error) {
	if asked, err = parse(services, text, protos); err != nil {
		return asked, err
	}
	for _, proto := range asked.Protos() {
		if asked.Len(proto) != 1 {
			return asked, fmt.Errorf("%q is %d ports; name one, or ask porthole list %s", text, asked.Len(proto), text)
		}
		if asked.Contains(proto, 0) {
			return asked, errors.New("port 0 is not a port; to bind it asks the kernel for a free one")
		}
	}
	return asked, nil
}

// ParseChoice reads the ports of one protocol that [FirstFree] chooses from.
func ParseChoice(services *registry.Registry, text string, protos ...string) (asked registry.Ports, err error) {
	if asked, err = parse(services, text, protos); err != nil {
		return asked, err
	}
	if len(asked.Protos()) != 1 {
		return asked, errors.New("--free is about one protocol; write --proto tcp, or udp")
	}
	return asked, nil
}

func parse(services *registry.Registry, text string, protos []string) (asked registry.Ports, err error) {
	if asked, err = services.ParsePorts(text, protos...); err != nil {
		return asked, err
	}
	for _, proto := range asked.Protos() {
		if proto != "tcp" && proto != "udp" {
			return asked, fmt.Errorf("%s has no sockets that porthole can list; only TCP and UDP", proto)
		}
	}
	return asked, nil
}
