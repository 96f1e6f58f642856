package scanner

import "time"

// Stats is what one scan counted: how sure its verdicts are, and what kept it
// from being faster.
type Stats struct {
	Attempts     int64         // attempts that left this machine
	Retries      int64         // attempts after the first to the same port
	Late         int64         // answers after their deadline that still counted
	LocalErrors  int64         // attempts this machine could not make; each was tried again, unless no waiting helps
	Inconclusive int64         // attempts that proved nothing, such as those that met their own source port; nearly all were made again
	Unresolved   int64         // verdicts that are unknown
	Slowed       int64         // times a host was found to limit its answers and was asked more slowly
	SlowestRate  float64       // lowest rate at which such a host was asked, attempts per second; 0 if there was none
	Loss         float64       // estimated share of attempts that got lost on the way, 0 to 1
	PathRate     float64       // attempts per second that the path carried where it was the limit; 0 if it was not
	TimedOut     int64         // targets left without an answer by HostTimeout
	LeastRTT     time.Duration // shortest round trip seen; 0 when nothing answered
}
