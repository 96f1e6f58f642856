package remark

import (
	"cmp"
	"fmt"
	"strings"

	"porthole/internal/record"
)

// DebuggerOf says that the arguments of a process open the port of r for a
// debugger, which runs any code for whoever connects; "" if they do not. Such a
// port is not asked: a Java debugger has room for one.
func DebuggerOf(r *record.Record) string {
	for _, p := range r.Holders() {
		for _, arg := range p.Cmdline {
			if argOpens(arg, r.Port) {
				return fmt.Sprintf("%s was started with %s: whoever connects runs any code", cmp.Or(p.Name, "the process"), arg)
			}
		}
	}
	return ""
}

// argOpens reports whether an argument of a Java or Node process opens a port for a
// debugger.
func argOpens(arg string, port uint16) bool {
	for _, begin := range []string{"-agentlib:jdwp=", "-Xrunjdwp:"} {
		if options, ok := strings.CutPrefix(arg, begin); ok {
			return endsWithPort(jdwpAddress(options), port, 0)
		}
	}
	for _, begin := range []string{"--inspect", "--inspect-brk", "--inspect-wait"} {
		if arg == begin {
			return port == nodeInspector
		}
		if where, ok := strings.CutPrefix(arg, begin+"="); ok {
			return endsWithPort(where, port, nodeInspector)
		}
	}
	return false
}

// nodeInspector is the port of node --inspect without an address.
const nodeInspector = 9229

// jdwpAddress is the address option of the JDWP agent.
func jdwpAddress(options string) string {
	for option := range strings.SplitSeq(options, ",") {
		if address, ok := strings.CutPrefix(option, "address="); ok {
			return address
		}
	}
	return ""
}

// endsWithPort reports whether [HOST:]PORT means the port; usual is that of a host
// alone.
func endsWithPort(where string, port, usual uint16) bool {
	last := where[strings.LastIndexByte(where, ':')+1:]
	return last == fmt.Sprint(port) || port == usual && usual != 0 && last != "" && strings.Trim(last, "0123456789") != ""
}
