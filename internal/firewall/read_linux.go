package firewall

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"golang.org/x/sys/unix"

	"porthole/internal/firewall/ruleset"
	"porthole/internal/netlink"
)

// Read tells what the kernel knows of the calling thread's network namespace.
// The goroutine must keep its thread if that is not the namespace of the whole
// process.
//
// Without rules it asks for no more than that: the Host has no links then, and
// everyone gets through. What cannot be read is in Unread; the error tells of a
// malformed answer or the end of the context.
func Read(ctx context.Context) (*Host, error) {
	h, err := readRules(ctx)
	if err != nil || h.Rules.Empty() {
		return h, err
	}
	return h, h.readLinks(ctx)
}

// ReadAll is Read that asks for links and routes also where there are no rules.
func ReadAll(ctx context.Context) (*Host, error) {
	h, err := readRules(ctx)
	if err != nil {
		return h, err
	}
	return h, h.readLinks(ctx)
}

// ReadTranslations tells where the rules of the calling thread's network
// namespace lead connections to. It asks for the rules only.
func ReadTranslations(ctx context.Context) ([]Translation, error) {
	h, err := readRules(ctx)
	return Translations(h.Rules), err
}

// builder is a [ruleset.Builder]; a test keeps what it is given.
type builder interface {
	Add(kind uint16, body []byte) error
	AddLegacy(family ruleset.Family, info ruleset.LegacyInfo, entries []byte) error
	Sets(f func(body []byte) error) error
	AddIPSet(body []byte) error
	Finish()
	Ruleset() *ruleset.Ruleset
}

func readRules(ctx context.Context) (*Host, error) {
	return readInto(ctx, func() builder { return &ruleset.Builder{} }, maxRules)
}

// readInto begins anew with another builder when the rules change meanwhile. It gives up
// after limit bytes, since a part of the rules would be wrong.
func readInto(ctx context.Context, newBuilder func() builder, limit int) (*Host, error) {
	h := &Host{}
	err := netlink.Retry(func() error {
		b := &bounded{newBuilder(), limit}
		h.Rules, h.Unread = b.Ruleset(), nil
		defer func() { h.Size = limit - b.left }()
		if nftablesLoaded() {
			if err := h.refused(readNFTables(ctx, b), "the rules of nftables"); err != nil {
				return err
			}
		}
		if err := h.refused(readLegacy(b), "the rules of iptables-legacy"); err != nil {
			return err
		}
		return readIPSets(ctx, b)
	})
	if errors.Is(err, errTooMany) {
		return Unread(fmt.Sprintf("the rules have more than %d MB", limit>>20), limit), nil
	}
	return h, err
}

// readIPSets asks for the sets of ipset if some rule refers to one. Where the kernel
// does not tell them, such rules cannot be told.
func readIPSets(ctx context.Context, b builder) error {
	if !b.Ruleset().UsesIPSets() {
		return nil
	}
	conn, err := netlink.Dial(netlink.Netfilter)
	if err != nil {
		return nil
	}
	defer conn.Close()
	request := netlink.Request{Type: ruleset.ListIPSets, Body: ruleset.ListIPSetsBody()}
	err = conn.Dump(ctx, request, func(m netlink.Message) error {
		if m.Type != ruleset.ListIPSets {
			return nil
		}
		return b.AddIPSet(bytes.Clone(m.Body))
	})
	var refusal netlink.Error
	if errors.As(err, &refusal) {
		clear(b.Ruleset().IPSets) // a part of a set would be wrong
		return nil
	}
	return err
}

// refused notes that the kernel does not tell something, if that is what the
// error says, and returns other errors.
func (h *Host) refused(err error, what string) error {
	var refusal netlink.Error
	var errno unix.Errno
	switch {
	case err == nil:
		return nil
	case errors.As(err, &refusal):
		errno = refusal.Errno
	case !errors.As(err, &errno):
		return err
	}
	switch {
	case errors.Is(errno, unix.EPROTONOSUPPORT), errors.Is(errno, unix.EINVAL), errors.Is(errno, unix.EOPNOTSUPP):
		return nil // the kernel has none of these
	case errors.Is(errno, unix.EPERM), errors.Is(errno, unix.EACCES):
		h.Unread = append(h.Unread, what+" are only told to root or with CAP_NET_ADMIN")
	default:
		h.Unread = append(h.Unread, fmt.Sprintf("%s cannot be read: %v", what, errno))
	}
	return nil
}

// readNFTables asks for the tables, and where there are some for what is in
// them.
func readNFTables(ctx context.Context, b builder) error {
	conn, err := netlink.Dial(netlink.Netfilter)
	if err != nil {
		return err
	}
	defer conn.Close()
	dump := func(kind uint16, body []byte) error {
		return conn.Dump(ctx, netlink.Request{Type: kind, Body: body}, func(m netlink.Message) error {
			return b.Add(m.Type, bytes.Clone(m.Body)) // the builder keeps parts of it
		})
	}
	everything := make([]byte, ruleset.HeaderLen)
	if err := dump(ruleset.GetTable, everything); err != nil || b.Ruleset().Empty() {
		return err
	}
	for _, kind := range []uint16{ruleset.GetSet, ruleset.GetObject, ruleset.GetChain} {
		if err := dump(kind, everything); err != nil {
			return err
		}
	}
	if err := b.Sets(func(body []byte) error { return dump(ruleset.GetElements, body) }); err != nil {
		return err
	}
	b.Finish()
	return dump(ruleset.GetRule, everything)
}

// nftablesLoaded is false if the kernel has no rules of nftables for sure, since
// the module is not loaded. To ask the kernel would load it.
func nftablesLoaded() bool {
	if _, err := os.Stat("/sys/module/nf_tables"); err == nil {
		return true
	}
	if _, err := os.Stat("/proc/modules"); errors.Is(err, fs.ErrNotExist) {
		return true // a kernel without modules: it is built in, or there is none to load
	}
	var name unix.Utsname
	if unix.Uname(&name) != nil {
		return true
	}
	builtin, err := os.ReadFile("/lib/modules/" + unix.ByteSliceToString(name.Release[:]) + "/modules.builtin")
	return err != nil || strings.Contains(string(builtin), "/nf_tables.ko\n")
}
