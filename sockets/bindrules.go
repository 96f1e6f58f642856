package sockets

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// bindRules say who may bind a low port on a system without capabilities. Root may
// bind every port.
type bindRules struct {
	// first: anyone may bind this port and those above.
	first uint16
	// wildcard: anyone may bind the ports below as well, but only on the wildcard
	// address. macOS allows it from 10.14 on (in_pcbbind and in6_pcbbind of xnu).
	wildcard bool
	// byRule is the highest port that FreeBSD's mac_portacl(4) guards, which may be
	// above first; 0 where that policy is not loaded.
	byRule uint16
	rules  []portRule
}

// portRule lets a user or a group bind a port.
type portRule struct {
	group bool // id is that of a group
	id    int
	proto string
	port  uint16
}

// judge sets Privileged and Flags of a socket that waits on a low port, and the right
// by which each holder may bind it.
func (l bindRules) judge(s *Socket) {
	port := s.Local.Port()
	if !s.State.Waits() || port == 0 || port >= l.first && port > l.byRule {
		return
	}
	free := l.wildcard && s.Local.Addr().IsUnspecified()
	s.Privileged = !free
	for i := range s.Processes {
		h := &s.Processes[i]
		h.BindRight = l.rightOf(s.Proto, port, free, h)
		if s.Privileged && h.UID > 0 {
			s.Flags |= FlagNonRoot
		}
	}
}

func (l bindRules) rightOf(proto string, port uint16, free bool, h *Process) BindRight {
	granted, perhaps := l.granted(proto, port, h.UID)
	switch {
	case free:
		return BindRightWildcard
	case h.UID == 0:
		return BindRightRoot
	case h.UID < 0:
		return BindRightUnknown
	case port < l.first: // root alone; no rule helps
		return BindRightInherited
	case granted:
		return BindRightPortACL
	case perhaps:
		return BindRightUnknown
	default:
		return BindRightInherited
	}
}

// granted reports whether a rule lets a user bind a port. perhaps is set where a rule
// names a group, since the user's groups are not known.
func (l bindRules) granted(proto string, port uint16, uid int) (granted, perhaps bool) {
	for _, r := range l.rules {
		if r.proto != proto || r.port != port {
			continue
		}
		granted = granted || !r.group && r.id == uid
		perhaps = perhaps || r.group
	}
	return granted, perhaps
}

// parsePortRules reads security.mac.portacl.rules: idtype:id:protocol:port, with
// commas in between, as in "uid:80:tcp:80,gid:53:udp:53".
func parsePortRules(text string) (rules []portRule, err error) {
	for item := range strings.SplitSeq(strings.TrimSpace(text), ",") {
		if item = strings.TrimSpace(item); item == "" {
			continue
		}
		part := strings.Split(item, ":")
		if len(part) != 4 || !slices.Contains([]string{"uid", "gid"}, part[0]) {
			return nil, fmt.Errorf("bad rule %q of mac_portacl", item)
		}
		id, err := strconv.Atoi(part[1])
		if err != nil {
			return nil, fmt.Errorf("bad rule %q of mac_portacl: %w", item, err)
		}
		port, err := strconv.ParseUint(part[3], 10, 16)
		if err != nil {
			return nil, fmt.Errorf("bad rule %q of mac_portacl: %w", item, err)
		}
		rules = append(rules, portRule{part[0] == "gid", id, part[2], uint16(port)})
	}
	return rules, nil
}
