package cli

import (
	"net/netip"

	"porthole/scanner"
)

// localNetwork notices a scan that macOS keeps away from the local network. From
// macOS 15 on a program needs the user's permission for it (Apple's TN3179); without, every
// connect there ends with EHOSTUNREACH, as if nobody were there.
type localNetwork struct {
	unreachable int // verdicts on local addresses
	answers     int // other verdicts on them, silence too
}

func (l *localNetwork) add(addr netip.Addr, reason scanner.Reason) {
	switch {
	case !addr.Unmap().IsPrivate() && !addr.IsLinkLocalUnicast():
	case reason == scanner.ReasonHostUnreach, reason == scanner.ReasonNoRoute:
		l.unreachable++
	default:
		l.answers++
	}
}

// note says so, "" where nothing looks like it.
func (l *localNetwork) note(system string) string {
	if system != "darwin" || l.unreachable == 0 || l.answers > 0 {
		return ""
	}
	return "no address of the local network can be reached: if other programs reach them, macOS keeps this one away; allow it in System Settings, Privacy & Security, Local Network"
}
