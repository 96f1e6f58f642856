package sockets

import (
	"context"
	"errors"
	"os"
	"runtime"
	"strings"
	"sync"
	"time"
	"unsafe"

	"github.com/shirou/gopsutil/v3/process"
	"golang.org/x/sys/windows"
)

// describePID asks gopsutil for one process, and Windows itself for what gopsutil
// does not tell: the name of one that may not be opened, and arguments with blanks.
func describePID(ctx context.Context, pid int, people *users) (Process, error) {
	return new(processes).describe(ctx, pid, people)
}

// processes remembers for a moment what one call tells of all processes.
type processes struct {
	mu       sync.Mutex
	read     time.Time
	names    map[int]string // of the executables
	services map[int]string
}

func (l *processes) describe(ctx context.Context, pid int, people *users) (Process, error) {
	names, services := l.all(pid)
	src := winProcess{&process.Process{Pid: int32(pid)}, names[pid]}
	exists := func(context.Context, int32) (bool, error) { return names[pid] != "", nil }
	p, err := describeBy(ctx, pid, src, exists, people)
	p.Unit = services[pid]
	return p, err
}

// all reads the names and services again if they are old, or lack the process.
func (l *processes) all(pid int) (names, services map[int]string) {
	const fresh = time.Second
	l.mu.Lock()
	defer l.mu.Unlock()
	if time.Since(l.read) > fresh || l.names[pid] == "" {
		l.read = time.Now()
		l.names = executableNames()
		list, _ := runningServices() // without them svchost.exe is all that is known
		l.services = serviceNames(list)
	}
	return l.names, l.services
}

// winProcess is a process as gopsutil tells of it, and its name in the list of all.
type winProcess struct {
	*process.Process
	name string
}

// NameWithContext needs no right to open the process.
func (p winProcess) NameWithContext(context.Context) (string, error) {
	if p.name == "" {
		return "", os.ErrProcessDone
	}
	return p.name, nil
}

// CmdlineSliceWithContext splits the command line as the program itself does; gopsutil
// splits it at every blank. It is "" where this user may not read it.
func (p winProcess) CmdlineSliceWithContext(ctx context.Context) ([]string, error) {
	line, err := p.CmdlineWithContext(ctx)
	if line = strings.TrimRight(line, "\x00"); err != nil || line == "" {
		return nil, err
	}
	return windows.DecomposeCommandLine(line)
}

// executableNames are the names of all processes by PID, from a Toolhelp snapshot,
// which needs no right. The idle process has no executable; its PID is 0.
func executableNames() map[int]string {
	names := make(map[int]string)
	snapshot, err := windows.CreateToolhelp32Snapshot(windows.TH32CS_SNAPPROCESS, 0)
	if err != nil {
		return names
	}
	defer windows.CloseHandle(snapshot)
	entry := windows.ProcessEntry32{Size: uint32(unsafe.Sizeof(windows.ProcessEntry32{}))}
	for err = windows.Process32First(snapshot, &entry); err == nil; err = windows.Process32Next(snapshot, &entry) {
		names[int(entry.ProcessID)] = windows.UTF16ToString(entry.ExeFile[:])
	}
	return names
}

// runningServices asks the service control manager for the services that run, which
// everyone may.
func runningServices() ([]service, error) {
	manager, err := windows.OpenSCManager(nil, nil, windows.SC_MANAGER_ENUMERATE_SERVICE)
	if err != nil {
		return nil, err
	}
	defer windows.CloseServiceHandle(manager)
	const word = 8 // bytes: the records hold pointers
	buffer := make([]uint64, 1)
	for {
		var needed, count uint32
		size := uint32(len(buffer)) * word
		err := windows.EnumServicesStatusEx(manager, windows.SC_ENUM_PROCESS_INFO, windows.SERVICE_WIN32, windows.SERVICE_ACTIVE, (*byte)(unsafe.Pointer(&buffer[0])), size, &needed, &count, nil, nil)
		if errors.Is(err, windows.ERROR_MORE_DATA) && needed > 0 {
			buffer = make([]uint64, (size+needed)/word+64)
			continue
		}
		if err != nil {
			return nil, err
		}
		var list []service
		for _, s := range unsafe.Slice((*windows.ENUM_SERVICE_STATUS_PROCESS)(unsafe.Pointer(&buffer[0])), count) {
			list = append(list, service{windows.UTF16PtrToString(s.ServiceName), int(s.ServiceStatusProcess.ProcessId)})
		}
		runtime.KeepAlive(buffer) // the names lie in it
		return list, nil
	}
}
