package audit

import (
	"fmt"
	"slices"
	"strings"

	"porthole/internal/record"
)

// rootNeedless leaves out those that need root for more than the port: they
// become the user who logs in, or hand sockets down.
func rootNeedless(v *view) (hits []hit) {
	const needRoot = "sshd dropbear systemd init xinetd inetd login telnetd in.telnetd ftpd vsftpd smbd master cron docker-proxy"
	for _, r := range v.waiting {
		if !slices.Contains(r.Flags, "needless-root") || slices.ContainsFunc(programs(r), func(name string) bool { return has(needRoot, name) }) {
			continue
		}
		hits = append(hits, hit{record: r, evidence: fmt.Sprintf("%s holds %s port %d; to bind it CAP_NET_BIND_SERVICE would do", holder(r), r.Proto, r.Port)})
	}
	return hits
}

func privilegedNonRoot(v *view) (hits []hit) {
	for _, r := range v.waiting {
		if !slices.Contains(r.Flags, "non-root") || r.Service != "" {
			continue
		}
		evidence := fmt.Sprintf("%s holds %s port %d, which is registered for nothing", holder(r), r.Proto, r.Port)
		if right := rights(r); right != "" {
			evidence += "; it may by: " + right
		}
		hits = append(hits, hit{record: r, evidence: evidence})
	}
	return hits
}

// rights are by what the holders may bind the port, each once.
func rights(r record.Record) string {
	var out []string
	for _, p := range r.Holders() {
		if p.BindRight != "" && !slices.Contains(out, p.BindRight) {
			out = append(out, p.BindRight)
		}
	}
	return strings.Join(out, ", ")
}

// portStartLowered is about the machine; the first port that is free for all
// stands for it.
func portStartLowered(v *view) []hit {
	const usual = 1024
	start := v.Ports.FirstUnprivileged
	if !v.Ports.Known || start >= usual {
		return nil
	}
	r := record.Record{Proto: "tcp", Port: start, Class: "well-known", NetNS: v.NetNS}
	return []hit{{record: r, evidence: fmt.Sprintf("ip_unprivileged_port_start is %d: ports %d to %d are free for all", start, max(start, 1), usual-1)}}
}

// ephemeralListener looks at TCP alone: an unconnected UDP socket up there is
// mostly a client that waits for its answer.
func ephemeralListener(v *view) (hits []hit) {
	reserved := func(port uint16) bool {
		for _, r := range v.Ports.Reserved {
			if r.Contains(port) {
				return true
			}
		}
		return false
	}
	for _, r := range v.waiting {
		if r.Proto == "tcp" && r.InNetNS(v.NetNS) && v.Ports.Ephemeral.Contains(r.Port) && !reserved(r.Port) {
			hits = append(hits, hit{record: r, evidence: fmt.Sprintf("%d, held by %s, lies in ip_local_port_range, %d to %d", r.Port, holder(r), v.Ports.Ephemeral.First, v.Ports.Ephemeral.Last)})
		}
	}
	return hits
}
