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

// ReverseName looks up the name of an address (its PTR record, RFC 1035 section
// 3.3.12): the first of several in alphabetical order, "" if there is none that
// could be the name of a host. The error means that there was no answer. Whoever
// owns the address chose the name, which need not lead back to it.
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
		return "", nil // it has none, or none that is valid
	}
	return "", err
}

// isHostName reports whether a name is one of a host: labels of up to 63 letters,
// digits, hyphens and underscores, up to 253 characters in all (RFC 1123 section
// 2.1; underscores are in common use). An address is not a name.
func isHostName(name string) bool {
	if len(name) > 253 {
		return false
	}
	if _, err := netip.ParseAddr(name); err == nil {
		return false
	}
	for label := range strings.SplitSeq(name, ".") {
		if label == "" || len(label) > 63 || strings.Trim(label, "-") != label || strings.ContainsFunc(label, notInNames) {
			return false
		}
	}
	return true
}

func notInNames(c rune) bool {
	return !('a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '-' || c == '_')
}
