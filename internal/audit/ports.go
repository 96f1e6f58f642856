package audit

import (
	"fmt"
	"slices"
	"strings"

	"porthole/internal/program"
	"porthole/internal/record"
)

// rootNeedless leaves out programs that need root for more than the port: to become
// the user who logs in, or to pass sockets on.
func rootNeedless(v *view) (matches []match) {
	for _, r := range v.waiting {
		if !slices.Contains(r.Flags, "needless-root") || slices.ContainsFunc(programs(r), needsRoot) {
			continue
		}
		matches = append(matches, match{record: r, evidence: fmt.Sprintf("%s holds %s port %d; CAP_NET_BIND_SERVICE would be enough to bind it", holder(r), r.Proto, r.Port)})
	}
	return matches
}

func needsRoot(p program.Program) bool {
	names := strings.Fields("sshd sshd-session dropbear systemd init xinetd inetd login telnetd in.telnetd ftpd vsftpd smbd master cron docker-proxy")
	return slices.ContainsFunc(p.Names, func(name string) bool { return slices.Contains(names, name) })
}

// privilegedNonRoot looks for users who hold a privileged port that no service needs.
func privilegedNonRoot(v *view) (matches []match) {
	for _, r := range v.waiting {
		if !slices.Contains(r.Flags, "non-root") || r.Service != "" || r.IANA != "" {
			continue
		}
		evidence := fmt.Sprintf("%s holds %s port %d, for which no service is registered", holder(r), r.Proto, r.Port)
		if right := rights(r); right != "" {
			evidence += "; it is permitted by: " + right
		}
		matches = append(matches, match{record: r, evidence: evidence})
	}
	return matches
}

// rights lists what permits the holders to bind the port, without repeats.
func rights(r record.Record) string {
	var out []string
	for _, p := range r.Holders() {
		if p.BindRight != "" && !slices.Contains(out, p.BindRight) {
			out = append(out, p.BindRight)
		}
	}
	return strings.Join(out, ", ")
}

// portStartLowered is about the machine. Its finding is on the first port that any
// user may bind.
func portStartLowered(v *view) []match {
	const standard = 1024
	start := v.Ports.FirstUnprivileged
	if !v.Ports.Known || v.Ports.System != "" || start >= standard { // elsewhere there is no such setting
		return nil
	}
	r := record.Record{Proto: "tcp", Port: start, Class: "well-known", NetNS: v.NetNS}
	return []match{{record: r, evidence: fmt.Sprintf("ip_unprivileged_port_start is %d: any user may bind ports %d to %d", start, max(start, 1), standard-1)}}
}

// ephemeralListener looks at TCP only: an unconnected UDP socket in that range is
// mostly a client that waits for an answer.
func ephemeralListener(v *view) (matches []match) {
	reserved := func(port uint16) bool {
		for _, r := range v.Ports.Reserved {
			if r.Contains(port) {
				return true
			}
		}
		return false
	}
	if v.Ports.System != "" {
		return nil // elsewhere servers take their ports from that range on purpose: Windows's RPC
	}
	for _, r := range v.waiting {
		if r.Proto == "tcp" && r.InNetNS(v.NetNS) && v.Ports.Ephemeral.Contains(r.Port) && !reserved(r.Port) {
			matches = append(matches, match{record: r, evidence: fmt.Sprintf("port %d, held by %s, is within ip_local_port_range, %d to %d", r.Port, holder(r), v.Ports.Ephemeral.First, v.Ports.Ephemeral.Last)})
		}
	}
	return matches
}
