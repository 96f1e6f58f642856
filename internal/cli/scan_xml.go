package cli

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net/netip"

	"github.com/urfave/cli/v2"

	"porthole/internal/nmapxml"
	"porthole/internal/record"
	"porthole/internal/scanjob"
	"porthole/internal/userfile"
)

// readInput reads --input: a list of targets, or nmap's XML.
func (c console) readInput(ctx *cli.Context, name string, config *scanjob.Config) error {
	refuse := func(err error) { config.Refused = append(config.Refused, err) }
	r, called, end, err := c.openList(ctx.Context, name)
	if err != nil {
		return err
	}
	defer end()
	const peek = 512 // bytes, to tell the two apart
	text := bufio.NewReader(r)
	if start, _ := text.Peek(peek); !nmapxml.IsXML(start) { // an error is met again
		return config.Targets.Read(text, called, refuse)
	}
	x := xmlTargets{config: config, refuse: refuse, own: ctx.IsSet("ports") || ctx.IsSet("top")}
	if _, err := nmapxml.Read(text, x.port, x.host); err != nil {
		return fmt.Errorf("%s: %w", called, err)
	}
	if x.other > 0 {
		c.info("%s: %s of another protocol left out; %s asks those", called, plural(x.other, "open port"), map[string]string{"tcp": "--udp", "udp": "a scan without --udp"}[config.PortProto])
	}
	if config.Targets.Len() == 0 && len(config.Refused) == 0 {
		return usagef("%s has no open %s port, and no host that is up whose ports were not asked; --ports asks ports of its hosts", called, config.PortProto)
	}
	return nil
}

// openList opens a file of targets, or standard input for -.
func (c console) openList(ctx context.Context, name string) (r io.Reader, called string, end func() error, err error) {
	if name == "-" {
		return userfile.Reader(ctx, c.in), "standard input", func() error { return nil }, nil
	}
	f, err := userfile.Open(ctx, name)
	if err != nil {
		return nil, "", nil, err
	}
	return f, name, f.Close, nil
}

// xmlTargets takes the targets of nmap's XML: its open ports, and the hosts that are
// up whose ports were not asked; if the user names ports, every host that is up.
type xmlTargets struct {
	config *scanjob.Config
	refuse func(error)
	own    bool // the user names ports
	other  int  // open ports of the other protocol
}

func (x *xmlTargets) port(r *record.Record) error {
	switch {
	case x.own || r.State != "open" && r.State != "open|filtered":
		return nil
	case r.Proto != x.config.PortProto:
		x.other++
		return nil
	}
	addr, err := netip.ParseAddr(r.Addr)
	if err != nil {
		return err
	}
	x.add(netip.AddrPortFrom(addr, r.Port).String())
	return nil
}

func (x *xmlTargets) host(h nmapxml.Host) error {
	if h.Up && (x.own || !h.Ports) {
		x.add(h.Addr.String())
	}
	return nil
}

func (x *xmlTargets) add(text string) {
	if err := x.config.Targets.Add(text); err != nil {
		x.refuse(err)
	}
}
