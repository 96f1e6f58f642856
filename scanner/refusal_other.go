//go:build !(darwin || dragonfly || freebsd || netbsd || openbsd)

package scanner

// icmpRefuses reports whether ICMP "administratively prohibited" has the number of a
// refusal: not on Linux, where it is EHOSTUNREACH, nor on Windows.
func icmpRefuses(bool) bool { return false }
