//go:build darwin || dragonfly || freebsd || netbsd || openbsd

package scanner

import "golang.org/x/sys/unix"

// icmpRefuses reports whether ICMP "administratively prohibited" is ECONNREFUSED here,
// as RST and ICMP port unreachable are (inetctlerrmap of netinet/ip_input.c;
// icmp_errmap of netinet/ip_icmp.c in later versions of FreeBSD). For TCP, the sysctl
// net.inet.tcp.icmp_may_rst decides whether ICMP ends a connect at all. It is on by
// default; where it is off, only an RST does.
func icmpRefuses(udp bool) bool {
	if udp {
		return true
	}
	on, err := unix.SysctlUint32("net.inet.tcp.icmp_may_rst")
	return err != nil || on != 0
}
