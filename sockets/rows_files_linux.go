package sockets

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"porthole/sockets/internal/procfs"
)

// tableFiles reads the text tables in dir, a namespace's /proc/net. They lack
// what only sock_diag tells: MPTCP, V6Only, the device, the backlog.
func tableFiles(dir string, all bool) ([]row, error) {
	var rows []row
	bad := 0
	for _, table := range [...]struct{ file, proto string }{
		{"tcp", "tcp"}, {"tcp6", "tcp"}, {"udp", "udp"}, {"udp6", "udp"}, {"udplite", "udplite"}, {"udplite6", "udplite"},
	} {
		f, err := os.Open(filepath.Join(dir, table.file))
		if errors.Is(err, os.ErrNotExist) && table.file != "tcp" {
			continue // a kernel without IPv6, or without UDP-Lite
		}
		if err != nil {
			return nil, err
		}
		wanted := func(state uint8) bool { return all || kernelState(table.proto, state).Waits() }
		n, err := procfs.ParseNetTable(f, wanted, func(s procfs.NetSocket) { rows = append(rows, netRow(table.proto, s)) })
		f.Close()
		if err != nil {
			return nil, fmt.Errorf("%s: %w", filepath.Join(dir, table.file), err)
		}
		bad += n
	}
	if bad > 0 {
		return nil, fmt.Errorf("%s: %d lines are %w", dir, bad, procfs.ErrNetLine)
	}
	return rows, nil
}

func netRow(proto string, s procfs.NetSocket) row {
	r := row{Socket: Socket{
		Proto: proto, Local: s.Local, Remote: peer(s.Remote), State: kernelState(proto, s.State),
		SendQ: s.SendQ, RecvQ: s.RecvQ, UID: int(s.UID), Inode: s.Inode,
	}}
	if s.UID == 0 && s.Inode == 0 {
		r.UID = -1 // of TIME_WAIT and the like neither is told
	}
	return r
}
