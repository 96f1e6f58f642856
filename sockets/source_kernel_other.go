//go:build !linux

package sockets

// openSource has gopsutil, or what this system is asked by best.
func openSource(s Source, noBPF bool) (source, error) {
	switch s {
	case SourceKernel:
		return nil, ErrNoSource
	case SourceGopsutil:
		return openGopsutil(), nil
	default:
		return openOwn(), nil
	}
}
