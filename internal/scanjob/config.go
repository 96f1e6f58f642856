package scanjob

import (
	"cmp"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"porthole/internal/hosts"
	"porthole/registry"
	"porthole/scanner"
)

// Config is what a scan is asked for. Targets and Ports must be set; the zero value
// of everything else works. A scan that is resumed needs no Targets.
type Config struct {
	Targets hosts.Targets
	Refused []error       // about targets that could not be read, and are left out
	Exclude hosts.Targets // addresses that are never asked
	Family  hosts.Family  // "" means hosts.Any

	Ports        registry.Ports // of TCP and UDP; port 0 is never asked (RFC 6335)
	ExcludePorts registry.Ports // never asked, not even of a target such as host:8443
	PortProto    string         // the protocol of such a target: "tcp" or "udp"; "" means "tcp"

	Scanner  scanner.Scanner // how fast and how patiently to ask; its Stats is not called
	Discover Discover        // "" means DiscoverAuto

	// Seed chooses the order. Nil means a random one, or if there are shards, one
	// that depends on what is asked alone, so that all shards have the same.
	Seed *uint64

	// Shard and Shards choose one of several equal parts of the scan, which
	// different machines ask: Shard counts from 1 to Shards. 0 and 0 mean the
	// whole scan.
	Shard, Shards uint64

	// Show has the states whose verdicts become records; other verdicts are
	// counted. So are the open ports of a middlebox, unless ShowAll makes a record
	// of every verdict.
	Show    []scanner.State
	ShowAll bool

	// Verify, if not nil, has each open port with a record asked what answers, while
	// the scan goes on.
	Verify *Verify

	ReverseNames bool // look up the names of the addresses with a record

	Registry   *registry.Registry                // what a port stands for; nil means without the user's own names
	Resolver   Resolver                          // nil means hosts.System
	Interfaces func() ([]hosts.Interface, error) // of this machine; nil means hosts.Interfaces
	Routed     func(netip.Addr) bool             // whether this machine has a route; nil means hosts.Routed, and always with Interfaces, Scanner.Source or Scanner.Interface

	// Checkpoint, if not nil, keeps the scan in a file, or has the scan to resume. A
	// resumed scan must have the same Family, Ports, Discover, Show and Verify as
	// before, and the same Targets, Exclude, Seed, Shard and Shards unless they are
	// left out.
	Checkpoint *Checkpoint

	// Flags is kept in the checkpoint, for a caller who makes the Config of a resumed
	// scan from it.
	Flags map[string][]string

	Hooks Hooks
}

// showText writes Show and ShowAll as a checkpoint has them.
func (c *Config) showText() string {
	var words []string
	for _, state := range c.Show {
		words = append(words, state.String())
	}
	if c.ShowAll {
		words = append(words, "all")
	}
	return strings.Join(words, ",")
}

// Resolver finds addresses by name and names by address; [net.Resolver] is one.
type Resolver interface {
	hosts.Resolver
	hosts.Reverser
}

// ConfigError is the error of a Config that makes no sense.
type ConfigError struct{ Err error }

func (e *ConfigError) Error() string { return e.Err.Error() }
func (e *ConfigError) Unwrap() error { return e.Err }

// complete fills in the defaults, and checks the rest.
func (c *Config) complete() error {
	c.fill()
	if c.Targets.Len() == 0 && len(c.Refused) == 0 && !c.Checkpoint.Resumes() {
		return &ConfigError{errors.New("no targets")}
	}
	for _, proto := range c.Ports.Protos() {
		if proto != "tcp" && proto != "udp" {
			return &ConfigError{fmt.Errorf("%s cannot be scanned; only TCP and UDP can", proto)}
		}
	}
	asked := c.Ports.Minus(c.ExcludePorts)
	if asked.Empty() {
		return &ConfigError{fmt.Errorf("no ports are left to ask in %q", c.Ports)}
	}
	c.Ports = asked
	if c.Shard < 1 || c.Shard > c.Shards {
		return &ConfigError{fmt.Errorf("there is no shard %d of %d", c.Shard, c.Shards)}
	}
	if !slices.Contains([]Discover{DiscoverAuto, DiscoverAlways, DiscoverNever, DiscoverOnly}, c.Discover) {
		return &ConfigError{fmt.Errorf("discover: unknown value %q", c.Discover)}
	}
	return nil
}

// fill fills in the defaults.
func (c *Config) fill() {
	c.Family = cmp.Or(c.Family, hosts.Any)
	c.Discover = cmp.Or(c.Discover, DiscoverAuto)
	c.PortProto = cmp.Or(c.PortProto, "tcp")
	c.Scanner.Timeout = cmp.Or(c.Scanner.Timeout, scanner.DefaultTimeout)
	c.Scanner.Attempts = cmp.Or(c.Scanner.Attempts, scanner.DefaultAttempts)
	c.Hooks = c.Hooks.complete()
	if c.Resolver == nil {
		c.Resolver = hosts.System()
	}
	if c.Routed == nil && c.Interfaces == nil && !c.Scanner.Source.IsValid() && c.Scanner.Interface == "" {
		c.Routed = hosts.Routed
	}
	if c.Interfaces == nil {
		c.Interfaces = hosts.Interfaces
	}
	if c.Registry == nil {
		c.Registry = new(registry.Registry)
	}
	for _, proto := range []string{"tcp", "udp"} {
		c.ExcludePorts = c.ExcludePorts.Union(registry.NewPorts(proto, registry.Range{}))
	}
	if c.Checkpoint.Resumes() && c.Shards == 0 {
		saved := c.Checkpoint.saved.Config
		c.Shard, c.Shards = saved.Shard, saved.Shards
	}
	if c.Shards == 0 {
		c.Shard, c.Shards = 1, 1
	}
}
