package sockets

import "porthole/internal/sockdiag"

// The kernel dumps a table in pieces, and goes on in a hash bucket by counting. A
// socket that comes or goes in front of that place while the pieces are fetched
// moves the others: one of them comes twice, or not at all, and no flag tells so
// (inet_diag_dump_icsk of net/ipv4/inet_diag.c). A dump of what waits that took
// several pieces is made again, and so is any dump in which a socket came twice;
// what was in one of them is a row.

// onePiece is how many sockets fit in one piece for sure: 32 KB of messages of up
// to 300 bytes.
const onePiece = 100

// steady dumps again, and again, as long as d.answers shows that sockets come and
// go. Then d.answers has each of all dumps once, and passing those that the last
// dump did not have.
func (d *diagReader) steady(family uint8, protocol uint16, states uint32) (passing map[uint64]bool, err error) {
	const most = 6 // dumps
	waiting := states == sockdiag.Listen || protocol != sockdiag.TCP && states == sockdiag.Close
	if !(waiting && len(d.answers) > onePiece) && !repeats(d.answers) {
		return nil, nil
	}
	all := make(map[uint64]sockdiag.Socket, len(d.answers))
	last := d.collect(all)
	for range most - 1 {
		if err := d.dump(family, protocol, states); err != nil {
			return nil, err
		}
		before, again := len(all), repeats(d.answers)
		now := d.collect(all)
		same := len(all) == before && len(now) == len(last)
		last = now
		if same && !again {
			break
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

// collect adds the answers to all, and gives the cookies among them.
func (d *diagReader) collect(all map[uint64]sockdiag.Socket) map[uint64]bool {
	cookies := make(map[uint64]bool, len(d.answers))
	for _, s := range d.answers {
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

// withoutPassing leaves out the sockets that closed while the table was read, and
// that nobody holds any more.
func withoutPassing(rows []row) []row {
	kept := rows[:0]
	for i := range rows {
		if !rows[i].passing || len(rows[i].pids) > 0 {
			kept = append(kept, rows[i])
		}
	}
	return kept
}
