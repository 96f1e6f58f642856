package firewall

import (
	"context"
	"encoding/binary"
	"strings"

	"golang.org/x/sys/unix"

	"porthole/internal/netlink"
)

// readLinks asks for interfaces, addresses, routes and kernel parameters.
func (h *Host) readLinks(ctx context.Context) error {
	conn, err := netlink.Dial(netlink.Route)
	if err != nil {
		return h.refused(err, "interfaces and routes")
	}
	defer conn.Close()
	err = netlink.Retry(func() error {
		h.Links, h.Routes, h.Policies, h.Notes = nil, nil, nil, nil
		for _, part := range []struct {
			ask, answer uint16
			header      int
			add         func([]byte) error
		}{
			{unix.RTM_GETLINK, unix.RTM_NEWLINK, linkHeader, h.addLink},
			{unix.RTM_GETADDR, unix.RTM_NEWADDR, addrHeader, h.addAddr},
			{unix.RTM_GETROUTE, unix.RTM_NEWROUTE, routeHeader, h.addRoute},
			{unix.RTM_GETRULE, unix.RTM_NEWRULE, routeHeader, h.addPolicy},
		} {
			if err := dump(ctx, conn, part.ask, part.answer, part.header, part.add); err != nil {
				return err
			}
		}
		return h.readFilters(ctx, conn)
	})
	if err := h.refused(err, "interfaces and routes"); err != nil {
		return err
	}
	h.readSysctls()
	h.readPrograms()
	h.readLSMs()
	if h.dropsARP() {
		h.Notes = append(h.Notes, Note{Text: "rules of arp may keep neighbours from finding this host"})
	}
	return nil
}

// dump asks for a table of messages that begin with a header, and adds each answer.
func dump(ctx context.Context, conn *netlink.Conn, ask, answer uint16, header int, add func([]byte) error) error {
	return conn.Dump(ctx, netlink.Request{Type: ask, Body: make([]byte, header)}, func(m netlink.Message) error {
		if m.Type != answer {
			return nil
		}
		return add(m.Body)
	})
}

// readFilters notes the filters of tc at the way in.
func (h *Host) readFilters(ctx context.Context, conn *netlink.Conn) error {
	const (
		header  = 20         // struct tcmsg
		ingress = 0xfffffff2 // TC_H_MIN_INGRESS below TC_H_CLSACT
	)
	for i := range h.Links {
		l := &h.Links[i]
		if l.Loopback || !l.Up {
			continue
		}
		body := make([]byte, header)
		binary.NativeEndian.PutUint32(body[4:], uint32(l.Index))
		binary.NativeEndian.PutUint32(body[12:], ingress)
		found := false
		err := conn.Dump(ctx, netlink.Request{Type: unix.RTM_GETTFILTER, Body: body}, func(m netlink.Message) error {
			found = found || m.Type == unix.RTM_NEWTFILTER
			return nil
		})
		if err != nil {
			if _, refused := err.(netlink.Error); refused {
				continue
			}
			return err
		}
		if found {
			h.Notes = append(h.Notes, Note{l.Name, "a tc filter on " + l.Name + " may drop before"})
		}
	}
	return nil
}

// readSysctls reads the parameters under /proc/sys/net, which are those of the
// thread's namespace.
func (h *Host) readSysctls() {
	s := Sysctls{RPFilter: map[string]int{}, Forward: map[string]bool{}, RouteLocalnet: map[string]bool{}, AcceptLocal: map[string]bool{}}
	conf := func(link, key string) int { return sysctl("/proc/sys/net/ipv4/conf/" + link + "/" + key) }
	all := map[string]int{}
	for _, key := range []string{"rp_filter", "route_localnet", "accept_local", "src_valid_mark"} {
		all[key] = conf("all", key)
	}
	for _, l := range h.Links {
		if strings.ContainsAny(l.Name, "/") || l.Name == "." || l.Name == ".." {
			continue // names cannot be more than one part of a path
		}
		s.RPFilter[l.Name] = max(all["rp_filter"], conf(l.Name, "rp_filter"))
		s.Forward[l.Name] = conf(l.Name, "forwarding") > 0
		s.RouteLocalnet[l.Name] = all["route_localnet"]+conf(l.Name, "route_localnet") > 0
		s.AcceptLocal[l.Name] = all["accept_local"]+conf(l.Name, "accept_local") > 0
	}
	s.Forward6 = sysctl("/proc/sys/net/ipv6/conf/all/forwarding") > 0
	s.AnswerMark = sysctl("/proc/sys/net/ipv4/tcp_fwmark_accept") > 0
	s.SrcValidMark = all["src_valid_mark"] > 0
	s.BridgeNF = sysctl("/proc/sys/net/bridge/bridge-nf-call-iptables") > 0
	h.Sysctls = s
}

// sysctl reads a number of one digit; 0 if there is none.
func sysctl(path string) int {
	text, err := readSmall(path)
	if err != nil || text == "" || text[0] < '0' || text[0] > '9' {
		return 0
	}
	return int(text[0] - '0')
}
