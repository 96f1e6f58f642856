package hosts

import (
	"net"
	"runtime"
)

// System is this system's resolver, the same in every build: where Go can also
// ask the C library, which it does if it was built with cgo and the system's
// configuration has something that Go does not know, it is Go's own. The C
// library tells one of several names of an address, in turn.
func System() *net.Resolver {
	return &net.Resolver{PreferGo: runtime.GOOS != "darwin" && runtime.GOOS != "windows"}
}
