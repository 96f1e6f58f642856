package progress

import (
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// simulate asks total probes of which every nth is silent, at 100 attempts a
// second, and returns what the meter says at each second and when it ended.
func simulate(total, silentEach, retries int, timeout time.Duration) (left []time.Duration, end time.Duration) {
	var m Meter
	m.Begin("probes", uint64(total), Timing{timeout, 1 + retries})
	type attempt struct {
		due   time.Time
		tries int
	}
	began := time.Now()
	var waiting []attempt
	started, done := 0, 0
	for tick := 1; done < total; tick++ {
		time.Sleep(10 * time.Millisecond) // the time of a bubble
		now := time.Now()
		for len(waiting) > 0 && !now.Before(waiting[0].due) && waiting[0].tries > retries {
			m.Done(waiting[0].tries, true, false)
			waiting = waiting[1:]
			done++
		}
		switch {
		case len(waiting) > 0 && !now.Before(waiting[0].due):
			waiting = append(waiting[1:], attempt{now.Add(timeout), waiting[0].tries + 1})
		case started < total:
			started++
			m.Start()
			if silentEach > 0 && started%silentEach == 0 {
				waiting = append(waiting, attempt{now.Add(timeout), 1})
			} else {
				m.Done(1, false, false)
				done++
			}
		}
		if tick%100 == 0 {
			left = append(left, m.Status().Left)
		}
	}
	return left, time.Since(began)
}

// TestLeft checks the estimate for several shares of probes that time out. Once the
// first can have timed out, it is off by a fifth, and the wait for one probe, at
// most.
func TestLeft(t *testing.T) {
	for name, test := range map[string]struct {
		silentEach, retries int
		timeout             time.Duration
	}{
		"all answer":       {0, 1, time.Second},
		"one in ten":       {10, 1, time.Second},
		"half":             {2, 1, time.Second},
		"none, no retries": {1, 0, 2 * time.Second},
		"none":             {1, 2, time.Second},
	} {
		synctest.Test(t, func(t *testing.T) {
			left, end := simulate(6000, test.silentEach, test.retries, test.timeout)
			wait := test.timeout * time.Duration(1+test.retries)
			for i, got := range left {
				at := time.Duration(i+1) * time.Second
				if at < 2*wait+rateWindow/2 {
					continue
				}
				want := end - at
				if off := (got - want).Abs(); off > want/5+wait+time.Second {
					t.Errorf("%s: after %v of %v: %v left, truly %v", name, at, end, got, want)
				}
			}
		})
	}
}

// TestStatus checks the status at the start and at the end of a scan.
func TestStatus(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var m Meter
		m.Begin("probes", 4, Timing{time.Second, 2})
		if got, want := m.Status().String(), "0 of 4 probes, 0 open, 0/s"; got != want {
			t.Errorf("before: %q, want %q", got, want)
		}
		m.Restore(false, true)
		m.Start()
		m.Status()
		time.Sleep(time.Second)
		m.Done(1, false, true)
		m.Start()
		m.Start()
		if got, want := m.Status().String(), "2 of 4 probes, 2 open, 1/s, 2s left"; got != want {
			t.Errorf("half: %q, want %q", got, want)
		}
		time.Sleep(time.Second)
		m.Done(2, true, false)
		m.Done(2, true, false)
		if s := m.Status(); s.Left != 0 || s.Done != 4 {
			t.Errorf("after: %+v", s)
		}
		m.Begin("probes", 0, Timing{})
		if s := m.Status(); s.Found != 2 {
			t.Errorf("another part: %+v", s)
		}
	})
}

// TestFollow holds that what follows from a probe counts as one, and that the time
// left knows how long it may take.
func TestFollow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var m Meter
		m.Begin("probes", 1, Timing{time.Second, 1})
		m.Start()
		time.Sleep(10 * time.Millisecond)
		m.Follow(12 * time.Second)
		m.Done(1, false, true)
		if s := m.Status(); s.Done != 1 || s.Total != 2 || s.Found != 1 {
			t.Errorf("%+v", s)
		}
		time.Sleep(5 * time.Second)
		if s := m.Status(); s.Left < 6*time.Second || s.Left > 12*time.Second {
			t.Errorf("%v left of 12 s, after 5 s", s.Left)
		}
		m.Followed()
		if s := m.Status(); s.Done != 2 || s.Left != 0 {
			t.Errorf("%+v at the end", s)
		}
	})
}

// TestFewAnswers holds that the time left is not worked out from the few ports that a
// firewall does not drop: a scan of 3,000 ports that took 3 s was said to take 50 minutes.
func TestFewAnswers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var m Meter
		m.Begin("probes", 3000, Timing{time.Second, 2})
		for range 3000 {
			m.Start()
		}
		for i := range 14 {
			time.Sleep(100 * time.Millisecond)
			m.Done(1, false, false)
			if s := m.Status(); s.Left > 4*time.Second {
				t.Errorf("%v left after %d answers", s.Left, i+1)
			}
		}
		time.Sleep(time.Second)
		for range 1000 {
			m.Done(2, true, false)
		}
		if s := m.Status(); s.Left < 0 || s.Left > 10*time.Second {
			t.Errorf("%v left after the first timeouts", s.Left)
		}
	})
}

// TestStartUp holds that the time left is not worked out from the first few answers
// of a part, nor from a single one while all that is in flight waits for its
// timeouts.
func TestStartUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var m Meter
		m.Begin("probes", 65_000, Timing{2 * time.Second, 1})
		for i := range 150 { // the first verdicts, 20 s of many, and nearly none for 4 s
			n := 500
			if i < 5 || i > 125 && i%10 != 0 {
				n = 0
			} else if i < 10 || i > 125 {
				n = 1
			}
			for range n {
				m.Start()
				m.Done(1, i > 20, false)
			}
			if s := m.Status(); s.Left > 90*time.Second {
				t.Errorf("%v left after %.1f s", s.Left, float64(i)/5)
			}
			time.Sleep(200 * time.Millisecond)
		}
	})
}
