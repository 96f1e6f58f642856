package sockets

import (
	"context"
	"errors"
	"fmt"
	"syscall"
	"unsafe"

	"golang.org/x/sys/windows"
)

// openOwn reads Windows as gopsutil does, with what gopsutil leaves out: the
// interfaces of link-local addresses, and processes in full. Everyone may bind every
// port.
func openOwn() source {
	table := openGopsutil()
	people := &users{}
	running := &processes{}
	return &ownSource{
		read: func(ctx context.Context, asked want) ([]row, []error, error) {
			// The scopes are looked up by the holders, which cost nothing here.
			rows, warnings, err := table.rows(ctx, want{all: asked.all, holders: true})
			if err != nil {
				return nil, warnings, err
			}
			scopes, err := readScopes()
			if err != nil {
				warnings = append(warnings, fmt.Errorf("sockets: the interfaces of link-local addresses: %w", err))
			}
			addScopes(rows, scopes)
			return rows, warnings, nil
		},
		gopsutilSource: gopsutilSource{
			process: func(ctx context.Context, pid int) (Process, error) { return running.describe(ctx, pid, people) },
			people:  people,
			blocked: func() Hidden { return HiddenNone },
		},
	}
}

// readScopes reads the tables of IPv6 sockets, with their processes.
func readScopes() ([]scoped, error) {
	const tcpTableOwnerPIDAll, udpTableOwnerPID = 5, 1 // of iprtrmib.h
	dll := windows.NewLazySystemDLL("iphlpapi.dll")
	tcp, err := readTable(dll.NewProc("GetExtendedTcpTable"), tcpTableOwnerPIDAll)
	if err != nil {
		return nil, err
	}
	list, err := parseTCP6Table(tcp)
	if err != nil {
		return nil, err
	}
	udp, err := readTable(dll.NewProc("GetExtendedUdpTable"), udpTableOwnerPID)
	if err != nil {
		return list, err
	}
	more, err := parseUDP6Table(udp)
	return append(list, more...), err
}

// readTable calls one of the two functions until the table has room: it may grow
// between two calls.
func readTable(proc *windows.LazyProc, class uintptr) ([]byte, error) {
	if err := proc.Find(); err != nil {
		return nil, err
	}
	const unsorted = 0
	table := make([]byte, 1<<12)
	for {
		size := uint32(len(table))
		code, _, _ := proc.Call(uintptr(unsafe.Pointer(&table[0])), uintptr(unsafe.Pointer(&size)), unsorted, windows.AF_INET6, class, 0)
		switch err := syscall.Errno(code); {
		case code == 0:
			return table, nil
		case errors.Is(err, windows.ERROR_INSUFFICIENT_BUFFER):
			table = make([]byte, size+size/4)
		default:
			return nil, err
		}
	}
}
