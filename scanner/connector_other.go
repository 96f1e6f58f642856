//go:build !linux && !darwin && !dragonfly && !freebsd && !netbsd && !openbsd

package scanner

// hasConnector is false: WSAPoll, which Windows has, does not tell that a connection
// failed before Windows 10 2004, so that a closed port would look silent.
const hasConnector = false

func newConnector(*portableSession, origin) (connector, error) { return nil, nil }
