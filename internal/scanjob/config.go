package scanjob

import (
	"cmp"
	"fmt"
	"net"

	"porthole/internal/hosts"
	"porthole/registry"
	"porthole/scanner"
)

// Config is what a scan is asked for. Targets, Ports and Registry must be set;
// the zero value of everything else works.
type Config struct {
	Targets []hosts.Target
	Exclude []hosts.Target // addresses that are never asked
	Family  hosts.Family   // "" is hosts.Any

	Ports        registry.Ports // TCP and UDP; port 0 is never asked (RFC 6335)
	ExcludePorts registry.Ports // never asked, also of targets with a port of their own
	PortProto    string         // what the port of a target such as host:8443 is of: "tcp" or "udp"; "" is "tcp"

	// Scanner says how fast and how patiently to ask. Its Stats is not used.
	Scanner  scanner.Scanner
	Discover Discover // whether dead addresses are found first

	// Seed chooses the order. Nil is a random one; where several machines share
	// a scan, one that follows from what is asked, so that all have the same.
	Seed *uint64

	// Shard is the part of Shards parts that is asked here, from 1. 0 and 0 mean
	// the whole scan.
	Shard, Shards uint64

	// Show has the states whose verdicts become records; the others are only
	// counted. A middlebox's open ports are no findings, and become records only
	// if ShowAll is set, as every verdict then does.
	Show    []scanner.State
	ShowAll bool

	ReverseNames bool // look up the names of addresses with a record

	Registry *registry.Registry // says what a port stands for
	Resolver Resolver           // nil is the system's

	// Checkpoint keeps the scan in a file, or has the scan to go on with. Nil
	// keeps nothing.
	Checkpoint *Checkpoint
	// Flags are kept in the checkpoint for the caller, who may need them to make
	// the Config of a scan that goes on.
	Flags map[string][]string

	Hooks Hooks
}

// Discover says when a scan finds out which addresses are dead before it asks
// the ports of the others. A single address is always asked in full.
type Discover string

const (
	DiscoverAuto   Discover = "auto" // above 16 addresses; fewer are asked in full about as soon
	DiscoverAlways Discover = "always"
	DiscoverNever  Discover = "never"
)

// discoverAbove is the limit of DiscoverAuto.
const discoverAbove = 16

// of tells whether dead addresses are looked for among so many. A single one is
// asked in full, whatever its telling ports do: who names it wants to know.
func (d Discover) of(addresses uint64) bool {
	switch d {
	case DiscoverAlways:
		return addresses > 1
	case DiscoverAuto:
		return addresses > discoverAbove
	}
	return false
}

// Resolver finds addresses by name and names by address; [net.Resolver] is one.
type Resolver interface {
	hosts.Resolver
	hosts.Reverser
}

// ConfigError is a Config that makes no sense.
type ConfigError struct{ Err error }

func (e *ConfigError) Error() string { return e.Err.Error() }
func (e *ConfigError) Unwrap() error { return e.Err }

// complete fills in what is left out, and checks the rest.
func (c *Config) complete() error {
	c.Family = cmp.Or(c.Family, hosts.Any)
	c.Discover = cmp.Or(c.Discover, DiscoverAuto)
	c.PortProto = cmp.Or(c.PortProto, "tcp")
	c.Scanner.Timeout = cmp.Or(c.Scanner.Timeout, scanner.DefaultTimeout)
	c.Scanner.Attempts = cmp.Or(c.Scanner.Attempts, scanner.DefaultAttempts)
	c.Hooks = c.Hooks.complete()
	if c.Resolver == nil {
		c.Resolver = &net.Resolver{}
	}
	for _, proto := range []string{"tcp", "udp"} {
		c.ExcludePorts = c.ExcludePorts.Union(registry.NewPorts(proto, registry.Range{}))
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
	if c.Checkpoint.Resumes() && c.Shards == 0 {
		c.Shard, c.Shards = c.Checkpoint.past.Config.Shard, c.Checkpoint.past.Config.Shards
	}
	c.Shard, c.Shards = cmp.Or(c.Shard, 1), cmp.Or(c.Shards, 1)
	return nil
}
