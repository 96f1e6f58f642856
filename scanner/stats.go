package scanner

import "time"

// Stats is what one scan counted: how sure its verdicts are, and what kept it
// from being faster.
type Stats struct {
	Attempts     int64         // attempts that left this machine
	Retries      int64         // attempts after the first to the same port
	Late         int64         // answers after their deadline that still counted
	LocalErrors  int64         // attempts this machine could not make; each was tried again, unless no waiting helps
	Inconclusive int64         // attempts that proved nothing, such as those that met their own source port; each was made again
	Unresolved   int64         // verdicts that are unknown
	Slowed       int64         // times a target was found to limit its answers and asked more slowly
	SlowestRate  float64       // lowest rate a limiting target was asked at, attempts per second; 0 if none was
	Loss         float64       // estimated share of attempts that got lost on the way, 0 to 1
	PathRate     float64       // attempts per second that the path took where it was the limit; 0 if it was not
	TimedOut     int64         // targets that their host's timeout left without an answer
	LeastRTT     time.Duration // shortest round trip seen; 0 when nothing answered
}
