// Package firewall tells who can reach a port past the kernel's rules: everyone,
// nobody, some sources, or that it cannot be told and why.
//
// [Read] reads one network namespace: the rules of nftables, which those of
// iptables-nft are among, of iptables-legacy, the sets of ipset that they refer to,
// and the interfaces, routes, rules of policy routing and kernel parameters that
// decide over packets, too. [Topology.Judge] then answers questions about ports; it
// makes no system calls.
//
//	h, err := firewall.Read(ctx)
//	…
//	topo := &firewall.Topology{Hosts: []*firewall.Host{h}}
//	reach := topo.Judge(h, []firewall.Question{{Addr: netip.IPv4Unspecified(), Proto: "tcp", Port: 22}})[0]
//	fmt.Println(reach.Verdict, reach.Decision())
//
// The evaluation follows all new connections to all ports that are asked about
// at once, as sets of source addresses, source ports, interfaces and
// destinations: through ingress, prerouting, translation, routing, and then the
// input chains, or the forward chains and the namespace of a container. A rule
// parts the sets where it treats packets in different ways.
//
// What it promises:
//   - Nothing is guessed. Where a condition cannot be told, both ways are
//     followed. If they end alike that is the verdict, else it is unknown, with
//     the expression that it depends on. Packets that do not meet the condition
//     are not concerned.
//   - It ends. There is a bound on the work and on the parts, beyond which the
//     verdict is unknown.
//
// The answer to the first packet of a TCP connection is followed, too: through
// the output chains, and through the chains of a host between.
//
// What is not followed: programs of XDP, tc and cgroups and security modules, of
// which [Host.Notes] says where there are some, and what comes by a VRF, which is
// unknown.
package firewall
