package firewall

import (
	"context"

	"golang.org/x/sys/unix"

	"porthole/internal/netlink"
)

// ReadPeers tells which other network namespaces the calling thread's has veths to, plain
// or as ports of a bridge: by the ids that the kernel has for them there (ip-netns(8)).
func ReadPeers(ctx context.Context) (map[int]bool, error) {
	conn, err := netlink.Dial(netlink.Route)
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	var h Host
	err = netlink.Retry(func() error {
		h.Links = nil
		return dump(ctx, conn, unix.RTM_GETLINK, unix.RTM_NEWLINK, linkHeader, h.addLink)
	})
	peers := make(map[int]bool)
	for i := range h.Links {
		if l := &h.Links[i]; l.Kind == "veth" && l.Away && l.PeerNS >= 0 {
			peers[l.PeerNS] = true
		}
	}
	return peers, err
}
