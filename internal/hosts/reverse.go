package hosts

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"slices"
	"strings"
)

// Reverser finds the names of an address; [net.Resolver] is one.
type Reverser interface {
	LookupAddr(ctx context.Context, addr string) ([]string, error)
}

// ReverseName asks for the name that the owner of an address gave it (a PTR
// record, RFC 1035 section 3.3.12), of several the first by the alphabet. It is
// "" if there is none that could be the name of a host, and the error is for
// want of an answer. Nothing says that the name leads back to the address.
func ReverseName(ctx context.Context, r Reverser, addr netip.Addr) (string, error) {
	found, err := r.LookupAddr(ctx, addr.WithZone("").String()) // an error may stand beside names
	var names []string
	for _, name := range found {
		if name = strings.TrimSuffix(name, "."); isHostName(name) {
			names = append(names, name)
		}
	}
	if names != nil {
		return slices.Min(names), nil
	}
	if dns, ok := errors.AsType[*net.DNSError](err); ok && !dns.IsTimeout && !dns.IsTemporary {
		return "", nil // it has none, or only what is no name
	}
	return "", err
}

// isHostName holds what a name server says to what names are made of: labels
// of up to 63 letters, digits, hyphens and, as many have them, underscores, in
// all up to 253 (RFC 1123 section 2.1). An address is no name.
func isHostName(name string) bool {
	if len(name) > 253 {
		return false
	}
	if _, err := netip.ParseAddr(name); err == nil {
		return false
	}
	for label := range strings.SplitSeq(name, ".") {
		if label == "" || len(label) > 63 || strings.Trim(label, "-") != label || strings.ContainsFunc(label, notOfNames) {
			return false
		}
	}
	return true
}

func notOfNames(c rune) bool {
	return !('a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '-' || c == '_')
}
