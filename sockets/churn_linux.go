package sockets

import (
	"slices"

	"porthole/internal/sockdiag"
)

// The kernel dumps a table in pieces, and finds its place in a hash bucket again by
// counting. If a socket before that place is opened or closed between two pieces, the
// others move: one of them comes twice, or is left out, and no flag says so
// (inet_diag_dump_icsk of net/ipv4/inet_diag.c). So a dump of waiting sockets that took
// several pieces is repeated, and so is any dump in which a socket came twice. Whatever
// was in one of the dumps is a row.

// onePiece is how many sockets fit in one piece for sure: 32 KB of messages of up
// to 300 bytes.
const onePiece = 100

// steady repeats a dump for as long as d.answers shows that sockets come and go. At the
// end d.answers has the sockets of all dumps, each once. passing has the cookies of
// those that the last dump did not have.
func (d *diagReader) steady(family uint8, protocol uint16, states uint32) (passing map[uint64]bool, err error) {
	const most = 6 // dumps
	waiting := states == sockdiag.Listen || protocol != sockdiag.TCP && states == sockdiag.Close
	if !(waiting && len(d.answers) > onePiece) && !repeats(d.answers) {
		return nil, nil
	}
	first := d.answers
	d.answers, d.spare = d.spare, first
	if err := d.dump(family, protocol, states); err != nil {
		return nil, err
	}
	if slices.EqualFunc(first, d.answers, sameSocket) && !repeats(first) {
		return nil, nil // as of most machines: nothing came or went
	}
	all := make(map[uint64]sockdiag.Socket, len(first))
	last := collect(all, first)
	for dumps := 2; ; dumps++ {
		before, again := len(all), repeats(d.answers)
		now := collect(all, d.answers)
		same := len(all) == before && len(now) == len(last)
		last = now
		if same && !again || dumps == most {
			break
		}
		if err := d.dump(family, protocol, states); err != nil {
			return nil, err
		}
	}
	d.answers = d.answers[:0]
	passing = make(map[uint64]bool)
	for cookie, s := range all {
		d.answers = append(d.answers, s)
		if !last[cookie] {
			passing[cookie] = true
		}
	}
	return passing, nil
}

func sameSocket(a, b sockdiag.Socket) bool { return a.Cookie == b.Cookie }

// collect adds the answers of one dump to all, and returns their cookies.
func collect(all map[uint64]sockdiag.Socket, answers []sockdiag.Socket) map[uint64]bool {
	cookies := make(map[uint64]bool, len(answers))
	for _, s := range answers {
		all[s.Cookie], cookies[s.Cookie] = s, true
	}
	return cookies
}

// repeats reports whether a socket is there twice.
func repeats(answers []sockdiag.Socket) bool {
	if len(answers) <= onePiece {
		return false // of one piece
	}
	seen := make(map[uint64]struct{}, len(answers))
	for i := range answers {
		if _, twice := seen[answers[i].Cookie]; twice {
			return true
		}
		seen[answers[i].Cookie] = struct{}{}
	}
	return false
}

// withoutPassing leaves out the sockets that were closed while the table was read,
// and that no process holds any more.
func withoutPassing(rows []row) []row {
	kept := rows[:0]
	for i := range rows {
		if !rows[i].passing || len(rows[i].pids) > 0 {
			kept = append(kept, rows[i])
		}
	}
	return kept
}
