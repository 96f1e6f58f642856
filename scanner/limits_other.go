//go:build !linux && !darwin && !freebsd

package scanner

// ephemeralPorts is the range that this kind of system starts with.
func ephemeralPorts() (first, last uint16) { return ianaEphemeral() }
