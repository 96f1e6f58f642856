package textfile

import (
	"bufio"
	"io"
	"strings"
	"testing"
)

// TestReadLine holds that lines of any length are read up to the bound, and no more.
func TestReadLine(t *testing.T) {
	long := strings.Repeat("a", MaxLine-1) + "\n"
	r := bufio.NewReaderSize(strings.NewReader("\n"+long+"end"), 16)
	for _, want := range []struct {
		line string
		err  error
	}{{"\n", nil}, {long, nil}, {"end", io.EOF}, {"", io.EOF}} {
		if line, err := ReadLine(r); string(line) != want.line || err != want.err {
			t.Errorf("%d bytes, %v, want %d, %v", len(line), err, len(want.line), want.err)
		}
	}
	if _, err := ReadLine(bufio.NewReader(strings.NewReader("a" + long))); err == nil || err.Error() != "a line is longer than 16 MB" {
		t.Error(err)
	}
}

// TestLimit holds that a file that is too long is an error, not a shorter file.
func TestLimit(t *testing.T) {
	if text, err := io.ReadAll(Limit(strings.NewReader("1234"), 5)); string(text) != "1234" || err != nil {
		t.Errorf("%q, %v", text, err)
	}
	if _, err := io.ReadAll(Limit(strings.NewReader("123456"), 5)); err == nil || err.Error() != "the file is longer than 0 MB" {
		t.Error(err)
	}
}
