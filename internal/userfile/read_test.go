package userfile

import (
	"bytes"
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"testing/iotest"
)

// TestOpen holds that a file is read as it is, in reads of any size.
func TestOpen(t *testing.T) {
	want := make([]byte, 3*readSize+17)
	for i := range want {
		want[i] = byte(rand.Uint32())
	}
	path := filepath.Join(t.TempDir(), "file")
	write(t, path, string(want))
	f, err := Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	got, err := io.ReadAll(f)
	if err != nil || !bytes.Equal(got, want) {
		t.Errorf("%d bytes, %v", len(got), err)
	}
	if !f.Regular() {
		t.Error("it is not a regular file")
	}
	if err := iotest.TestReader(Reader(t.Context(), bytes.NewReader(want[:999])), want[:999]); err != nil {
		t.Error(err)
	}
	if _, err := Open(t.Context(), path+"x"); !os.IsNotExist(err) {
		t.Errorf("what is not there: %v", err)
	}
}

// TestReaderEnds holds that a read ends with the context while another end is
// silent.
func TestReaderEnds(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	silent, end := io.Pipe()
	defer end.Close()
	r := Reader(ctx, silent)
	cancel()
	if n, err := r.Read(make([]byte, 1)); n != 0 || !errors.Is(err, context.Canceled) {
		t.Errorf("%d bytes, %v", n, err)
	}
}
