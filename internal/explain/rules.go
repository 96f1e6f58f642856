package explain

import (
	"fmt"
	"slices"

	"porthole/internal/machine"
)

// The systems whose rules differ, as [machine.Ports] names them.
const (
	onMacOS   = "darwin"
	onFreeBSD = "freebsd"
	onWindows = "windows"
)

// rules says which settings of the system are about this port.
func (pt port) rules() []string {
	if !pt.Ports.Known {
		return nil
	}
	switch pt.Ports.System {
	case onWindows:
		return pt.windowsRules()
	case onMacOS, onFreeBSD:
		return pt.bsdRules()
	default:
		return pt.linuxRules()
	}
}

func (pt port) linuxRules() []string {
	port, ports := pt.label.Port, pt.Ports
	switch {
	case port < ports.FirstUnprivileged:
		return []string{fmt.Sprintf("It is privileged: to bind it, a program needs root or CAP_NET_BIND_SERVICE (ip_unprivileged_port_start is %d).", ports.FirstUnprivileged)}
	case slices.ContainsFunc(ports.Reserved, func(r machine.Range) bool { return r.Contains(port) }):
		return []string{"It is in ip_local_reserved_ports: the kernel never chooses it for an outgoing connection."}
	case ports.Ephemeral.Contains(port):
		return []string{fmt.Sprintf("It is within ip_local_port_range (%d to %d): an outgoing connection may take it at any time; add it to net.ipv4.ip_local_reserved_ports to keep it free.", ports.Ephemeral.First, ports.Ephemeral.Last)}
	}
	return nil
}

func (pt port) bsdRules() []string {
	port, ports := pt.label.Port, pt.Ports
	switch {
	case port < ports.FirstUnprivileged && ports.System == onMacOS:
		return []string{"It is a low port: any user may bind it on every address, root alone on a single one."}
	case port < ports.FirstUnprivileged:
		return []string{fmt.Sprintf("It is privileged: to bind it, a program needs root (net.inet.ip.portrange.reservedhigh is %d).", ports.FirstUnprivileged-1)}
	case port <= ports.ACL:
		return []string{"It is privileged: to bind it, a program needs root or a rule of mac_portacl (security.mac.portacl.rules)."}
	case ports.Ephemeral.Contains(port):
		return []string{fmt.Sprintf("It is between net.inet.ip.portrange.first and last (%d to %d): an outgoing connection may take it at any time.", ports.Ephemeral.First, ports.Ephemeral.Last)}
	}
	return nil
}

func (pt port) windowsRules() []string {
	port, ports := pt.label.Port, pt.Ports
	if r, ok := ports.Excludes(pt.label.Proto, port); ok {
		return []string{fmt.Sprintf("It is in the excluded range %d to %d: Windows gives it to nobody but who reserved that range (netsh int ipv4 show excludedportrange protocol=%s).", r.First, r.Last, pt.label.Proto)}
	}
	if ports.Ephemeral.Contains(port) {
		return []string{fmt.Sprintf("It is in the dynamic range (%d to %d): an outgoing connection may take it at any time; \"netsh int ipv4 add excludedportrange\" keeps it free.", ports.Ephemeral.First, ports.Ephemeral.Last)}
	}
	return nil
}

// lowPortNeeds says what it takes to bind the port, "" if nothing or not known.
func (pt port) lowPortNeeds() string {
	port, ports := pt.label.Port, pt.Ports
	switch {
	case !ports.Known || port >= ports.FirstUnprivileged && port > ports.ACL:
		return ""
	case ports.System == onMacOS:
		return "on a single address it needs root"
	case ports.System == onFreeBSD && port >= ports.FirstUnprivileged:
		return "it needs root or a rule of mac_portacl"
	case ports.System == onFreeBSD:
		return "it needs root"
	default:
		return "it needs root or CAP_NET_BIND_SERVICE"
	}
}

// deniedBecause says why the system does not let this user bind the port.
func (pt port) deniedBecause() string {
	excluded, isExcluded := pt.Ports.Excludes(pt.label.Proto, pt.label.Port)
	switch {
	case isExcluded:
		return fmt.Sprintf("Windows gives the range %d to %d to nobody but who reserved it", excluded.First, excluded.Last)
	case pt.Ports.System == onWindows && pt.Ports.Known:
		return "another socket has it for itself (SO_EXCLUSIVEADDRUSE)"
	case pt.Ports.System == onWindows:
		return "another socket has it for itself (SO_EXCLUSIVEADDRUSE), or it is in an excluded range"
	case pt.Ports.System == onMacOS && pt.lowPortNeeds() != "":
		return "on a single address it needs root"
	default:
		return "this user may not bind it"
	}
}

// deniedStatus is the answer in a few words for a port that nobody is seen to hold.
func (pt port) deniedStatus() string {
	_, isExcluded := pt.Ports.Excludes(pt.label.Proto, pt.label.Port)
	switch {
	case isExcluded:
		return "excluded: Windows gives it to nobody"
	case pt.Ports.System == onWindows:
		return "refused by Windows"
	default:
		return "not held, but this user may not bind it"
	}
}
