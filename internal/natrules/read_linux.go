package natrules

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"golang.org/x/sys/unix"

	"porthole/internal/netlink"
)

// Read tells the rules of the calling thread's network namespace. What is not
// understood is left out: rules for a part of the addresses, those that spread
// over several targets, and what is asked before a jump leads to a rule. The
// error is [ErrUnavailable] with the errno behind it, or tells of an answer
// that is malformed.
func Read(ctx context.Context) ([]Rule, error) {
	fd, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC, unix.NETLINK_NETFILTER)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	defer unix.Close(fd)
	if err := unix.SetsockoptTimeval(fd, unix.SOL_SOCKET, unix.SO_RCVTIMEO, &unix.Timeval{Sec: 1}); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	const attempts = 8 // at rules that change meanwhile
	err = errInterrupted
	var rules []Rule
	for i := 0; i < attempts && errors.Is(err, errInterrupted); i++ {
		c := conn{fd: fd, seq: uint32(i) << 16, buffer: make([]byte, 64<<10)}
		rules, err = c.rules(ctx)
	}
	return rules, err
}

// conn asks nftables.
type conn struct {
	fd     int
	seq    uint32
	buffer []byte
}

// found is a rule that may lead somewhere.
type found struct {
	family      uint8
	table       string
	expressions []byte
}

func (c *conn) rules(ctx context.Context) ([]Rule, error) {
	var candidates []found
	err := c.dump(ctx, request(getRule, unix.NFPROTO_UNSPEC, c.next(), nil), newRule, func(family uint8, b []byte) error {
		f, err := readFields(b)
		if err != nil {
			return err
		}
		const table, expressions = 1, 4 // enum nft_rule_attributes
		if leads(f[expressions]) {
			candidates = append(candidates, found{family, f.text(table), slices.Clone(f[expressions])})
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	var rules []Rule
	for _, r := range candidates {
		more, err := interpret(r.expressions, func(set string) ([]element, error) {
			return c.elements(ctx, r.family, r.table, set)
		})
		if err != nil {
			return nil, err
		}
		rules = append(rules, more...)
	}
	return rules, nil
}

// elements asks for those of a set.
func (c *conn) elements(ctx context.Context, family uint8, table, set string) (all []element, err error) {
	const listTable, listSet, listElements = 1, 2, 3 // enum nft_set_elem_list_attributes
	ask := request(getElements, family, c.next(), append(text(listTable, table), text(listSet, set)...))
	err = c.dump(ctx, ask, newElements, func(_ uint8, b []byte) error {
		f, err := readFields(b)
		if err != nil {
			return err
		}
		all, err = readElements(f[listElements], all)
		return err
	})
	return joinIntervals(all), err
}

func (c *conn) next() uint32 {
	c.seq++
	return c.seq
}

// dump asks, and reads to the end of the answer.
func (c *conn) dump(ctx context.Context, ask []byte, kind uint16, see func(family uint8, attributes []byte) error) error {
	if err := unix.Sendto(c.fd, ask, 0, &unix.SockaddrNetlink{Family: unix.AF_NETLINK}); err != nil {
		return fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	for {
		datagram, err := c.receive(ctx)
		if err != nil {
			return err
		}
		done, err := visit(datagram, c.seq, kind, see)
		var errno unix.Errno
		if errors.As(err, &errno) {
			return fmt.Errorf("%w: %w", ErrUnavailable, errno)
		}
		if done || err != nil {
			return err
		}
	}
}

// receive gives the next datagram from the kernel; others may send too.
func (c *conn) receive(ctx context.Context) ([]byte, error) {
	for {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		n, from, err := unix.Recvfrom(c.fd, c.buffer, unix.MSG_TRUNC)
		if errors.Is(err, unix.EINTR) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("%w: %w", ErrUnavailable, err)
		}
		if sender, ok := from.(*unix.SockaddrNetlink); !ok || sender.Pid != 0 {
			continue
		}
		if n > len(c.buffer) {
			return nil, fmt.Errorf("%w: datagram of %d bytes", netlink.ErrShort, n)
		}
		return c.buffer[:n], nil
	}
}
