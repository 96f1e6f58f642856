package scanjob

import (
	"context"
	"iter"
	"sync"

	"porthole/scanner/verify"
)

// queue has the targets that wait to be asked, however many: the scan does not wait
// for them.
type queue struct {
	mu     sync.Mutex
	list   []verify.Target
	closed bool
	more   chan struct{} // there is something new; has room for one
}

func (q *queue) add(t verify.Target) {
	q.mu.Lock()
	q.list = append(q.list, t)
	q.mu.Unlock()
	wake(q.more)
}

// close says that there will be no more.
func (q *queue) close() {
	q.mu.Lock()
	q.closed = true
	q.mu.Unlock()
	wake(q.more)
}

// drop ends the connections of targets that were not asked.
func (q *queue) drop() {
	for t, ok, _ := q.next(); ok; t, ok, _ = q.next() {
		if t.Conn != nil {
			t.Conn.Close()
		}
	}
}

// all yields the targets as they come, until the queue is closed or ctx ends.
func (q *queue) all(ctx context.Context) iter.Seq[verify.Target] {
	return func(yield func(verify.Target) bool) {
		for ctx.Err() == nil {
			t, ok, closed := q.next()
			switch {
			case ok && !yield(t), !ok && closed:
				return
			case ok:
				continue
			}
			select {
			case <-q.more:
			case <-ctx.Done():
			}
		}
	}
}

func (q *queue) next() (t verify.Target, ok, closed bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.list) == 0 {
		return t, false, q.closed
	}
	t, q.list = q.list[0], q.list[1:]
	return t, true, q.closed
}
