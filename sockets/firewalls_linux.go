package sockets

import (
	"context"
	"fmt"

	"porthole/internal/firewall"
)

// readFirewall reads the firewall of the calling thread's namespace, which has the rows,
// if that is wanted and was not done yet. What could not be read of it is noted in the
// Host, and is no error.
func (n *netnsInfo) readFirewall(ctx context.Context, want want, links bool, rows []row) (warnings []error) {
	if want.firewall == nil || n.firewall != nil {
		return nil
	}
	host, err := want.firewall(ctx, n.inode, links || n.outOfReach(ctx, rows))
	if err != nil {
		return []error{fmt.Errorf("sockets: the firewall of network namespace %s: %w", n.title(), err)}
	}
	n.firewall = host
	return nil
}

// maxRules is about how many bytes of rules are read in all from namespaces other than
// the caller's, since other users can make as many as they like.
const maxRules = 64 << 20

// rules is how many bytes of rules were read.
func (n *netnsInfo) rules() int {
	if n.firewall == nil {
		return 0
	}
	return n.firewall.Size
}

// throughOwn reports whether connections to other namespaces have to be followed
// through the caller's: then the interfaces of all of them have to be known.
func (set *netnsSet) throughOwn() bool {
	own := set.own().firewall
	return own != nil && !own.Rules.Empty()
}

// translations are where rules of the calling thread's namespace lead
// connections to.
func (n *netnsInfo) translations(ctx context.Context) []firewall.Translation {
	if n.firewall != nil {
		return firewall.Translations(n.firewall.Rules)
	}
	return natRules(ctx)
}

// namespaces are those that were read, each once.
func (k *kernelSource) namespaces() (list []Namespace) {
	seen := make(map[uint64]bool)
	for i, n := range k.netns.read {
		if n.inode != 0 && seen[n.inode] {
			continue // a refresh may read it twice
		}
		seen[n.inode] = true
		list = append(list, Namespace{Inode: n.inode, Name: n.label(), Own: i == 0, Firewall: n.firewall})
	}
	return list
}
