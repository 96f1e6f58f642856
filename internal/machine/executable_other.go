//go:build !linux

package machine

import "time"

// ReadExecutable knows nothing of executables here.
func ReadExecutable(int, string, time.Time, int) Executable { return Executable{} }

// IsInit knows nothing of PID namespaces here.
func IsInit(int) bool { return false }
