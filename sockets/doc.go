// Package sockets answers which process holds which port on this machine, and
// who can reach it.
//
// The one call to start with is [Lister.List]; the zero [Lister] works:
//
//	snap, err := new(sockets.Lister).List(ctx)
//	for _, s := range snap.Sockets {
//		fmt.Println(s.Proto, s.Local, s.Exposure(), s.Processes)
//	}
//
// What it promises: a socket is one row, with all the holders that the system
// names and none that it does not. No row is dropped because its holder ended
// meanwhile or may not be looked at; such a row says why in [Socket.Hidden].
// Each process is read once, however many sockets it holds. What could not be
// read at all is in [Snapshot.Warnings]; an error means that there is no list.
//
// A [Watcher] lists again and again, at a fraction of the cost, and tells what
// changed.
//
// On Linux the rows come from the kernel by sock_diag, of every network
// namespace that may be read ([Lister.NetNS]), and the holders from one walk
// over all descriptors: inside the kernel by a BPF iterator where this user may
// load one, else over /proc. Both see forks, SO_REUSEPORT, threads with tables
// of their own and sockets that an io_uring keeps. Where sock_diag is missing
// or refused, /proc/net tells less.
//
// On macOS the rows and holders come from one run of lsof, which shows an ordinary
// user only that user's own sockets (a warning says so); on FreeBSD from sockstat,
// which does not tell sockets that share an address apart (they are one row with
// all holders). Windows has tables of its own, read through gopsutil; they do not
// tell the peer of a connected UDP socket, so that all UDP sockets there are
// [StateBound]. Elsewhere the source is gopsutil. What a system does not tell is
// left out, not guessed.
package sockets
