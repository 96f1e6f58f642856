package bpfiter

import "context"

// Tasks is the iterator over processes, loaded.
type Tasks struct{ iterator }

// Tasks loads the iterator over processes. The error is [ErrUnavailable].
func (k *Kernel) Tasks() (*Tasks, error) {
	if k.layout.taskIterator == 0 {
		return nil, ErrUnavailable
	}
	i, err := load(taskProgram(k.layout), k.layout.taskIterator, "task", taskLen)
	if err != nil {
		return nil, err
	}
	return &Tasks{i}, nil
}

// Walk calls see for every process, in the order of their PIDs.
func (t *Tasks) Walk(ctx context.Context, see func(Task)) error {
	return t.walk(ctx, func(record []byte) { see(task(record)) })
}
