package scanner

// defaultInFlight is the number of probes in flight when the caller names none
// and the machine would allow more. It is what the connection table of a home
// router can take, and at 20 ms a round trip it is 50,000 probes a second.
const defaultInFlight = 1024

// smallestInFlight keeps a scan going on a machine that seems to have nothing left.
// How many attempts really fit, the scheduler finds out.
const smallestInFlight = 8

// concurrencyWithin is the number of probes in flight for a caller that asked for want
// (0 for the default) on a machine that allows budget.
func concurrencyWithin(budget, want int) int {
	if want == 0 {
		want = defaultInFlight
	}
	return max(1, min(want, budget))
}

// inFlightBudget is how many probes this process can have in flight now: one
// descriptor and one ephemeral port each, leaving some of both to the rest of
// the process and the machine.
func inFlightBudget() int {
	limit, used := descriptors()
	first, last := ephemeralPorts()
	return budget(limit, used, int(last)-int(first)+1)
}

// budget is inFlightBudget for a limit of descriptors of which some are used,
// and a number of ephemeral ports, half of which are ours at most: a UDP
// socket holds one whatever it talks to.
func budget(limit, used, ports int) int {
	headroom := min(max(limit/16, 8), 256)
	return max(smallestInFlight, min(limit-used-headroom, ports/2))
}

// ianaEphemeral is the range of RFC 6335 section 6, and the default of
// Windows (since Vista) and macOS.
func ianaEphemeral() (first, last uint16) { return 49152, 65535 }
