package cli

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"

	"github.com/urfave/cli/v2"

	"porthole/internal/checkpoint"
	"porthole/internal/hosts"
)

// arrangeSets makes the plan of a scan of sets, the same on every machine, and
// chooses its seed if none was typed: at random, or for a scan that is shared
// out by what is asked, so that all shards have the same.
func (p *scanPlan) arrangeSets(sets []*hosts.Set, seedTyped bool) (checkpoint.Plan, error) {
	total := uint64(0)
	var plan checkpoint.Plan
	for _, s := range sets {
		total += s.Len()
		plan.Sets = append(plan.Sets, checkpoint.Set{Port: s.Port, Ports: p.portsOf(s).String(), Addresses: s.Text()})
	}
	plan.Discover = p.discovers(total)
	switch {
	case seedTyped:
	case p.shards == 1:
		p.seed = uint64(rand.Uint32()) // short enough to type again
	default:
		hash, err := plan.Hash()
		if err != nil {
			return plan, err
		}
		if p.seed, err = strconv.ParseUint(hash[:8], 16, 64); err != nil {
			return plan, err
		}
	}
	plan.Seed = p.seed
	hash, err := plan.Hash()
	p.hash = hash
	return plan, err
}

// config is the whole of what was asked for.
func (p *scanPlan) config(ctx *cli.Context, plan checkpoint.Plan, problems []error) checkpoint.Config {
	c := checkpoint.Config{
		Targets:  texts(p.targets),
		Exclude:  texts(p.exclude),
		Ports:    p.ports.String(),
		Family:   string(p.family),
		Discover: p.discover,
		Show:     strings.Join(p.show, ","),
		Shard:    p.shard,
		Shards:   p.shards,
		Flags:    make(map[string][]string),
		Plan:     plan,
	}
	for _, problem := range problems {
		c.Unresolved = append(c.Unresolved, problem.Error())
	}
	for _, group := range keptFlags() {
		for _, name := range group {
			switch {
			case !ctx.IsSet(name):
			case name == "exclude":
				c.Flags[name] = ctx.StringSlice(name)
			default:
				c.Flags[name] = []string{fmt.Sprint(ctx.Value(name))}
			}
		}
	}
	return c
}

func texts(targets []hosts.Target) []string {
	list := make([]string, len(targets))
	for i, t := range targets {
		list[i] = t.Text
	}
	return list
}

// keptFlags are the flags that a resumed scan takes from its file where they
// are not typed again; one of a group stands for all of it.
func keptFlags() [][]string {
	return [][]string{
		{"ports", "top"}, {"udp"}, {"exclude-ports"}, {"exclude"}, {"4", "6"}, {"discover"}, {"show"}, {"rdns"},
		{"concurrency"}, {"rate"}, {"timeout"}, {"host-timeout"}, {"retries"},
	}
}

// recallFlags sets the flags that were not typed as the file has them.
func recallFlags(ctx *cli.Context, c checkpoint.Config) error {
	var errs []error
	for _, group := range keptFlags() {
		typed := false
		for _, name := range group {
			typed = typed || ctx.IsSet(name)
		}
		for _, name := range group {
			for _, value := range c.Flags[name] {
				if !typed {
					errs = append(errs, ctx.Set(name, value))
				}
			}
		}
	}
	if !ctx.IsSet("seed") {
		errs = append(errs, ctx.Set("seed", fmt.Sprint(c.Seed)))
	}
	if !ctx.IsSet("shard") {
		errs = append(errs, ctx.Set("shard", fmt.Sprintf("%d/%d", c.Shard, c.Shards)))
	}
	return errors.Join(errs...)
}

// recallSets are the addresses as the file has them: a name may have others by
// now.
func (p *scanPlan) recallSets(c checkpoint.Config) ([]*hosts.Set, error) {
	var sets []*hosts.Set
	for _, saved := range c.Sets {
		s, err := hosts.ParseSet(saved.Port, saved.Addresses)
		if err != nil {
			return nil, err
		}
		if have := p.portsOf(s).String(); have != saved.Ports {
			return nil, fmt.Errorf("ports: the file has %s, not %s", saved.Ports, have)
		}
		sets = append(sets, s)
	}
	hash, err := c.Plan.Hash()
	p.hash = hash
	return sets, err
}
