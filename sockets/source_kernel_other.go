//go:build !linux

package sockets

// openSource opens gopsutil, or the best source that this system has.
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
