package textfile

import (
	"bufio"
	"fmt"
	"io"
)

// MaxLine is the length of a line at most, in bytes.
const MaxLine = 16 << 20

// ReadLine returns the next line with its end. The error is io.EOF with the last
// line, and something else for a line that is longer than [MaxLine].
func ReadLine(r *bufio.Reader) ([]byte, error) {
	var line []byte
	for {
		piece, err := r.ReadSlice('\n')
		if len(line)+len(piece) > MaxLine {
			return nil, fmt.Errorf("a line is longer than %d MB", MaxLine>>20)
		}
		line = append(line, piece...)
		if err != bufio.ErrBufferFull {
			return line, err
		}
	}
}

// Limit returns a reader of r that fails after n bytes, in place of an end.
func Limit(r io.Reader, n int64) io.Reader { return &limited{r, n, n} }

type limited struct {
	r       io.Reader
	left, n int64
}

func (l *limited) Read(p []byte) (int, error) {
	if l.left <= 0 {
		return 0, fmt.Errorf("the file is longer than %d MB", l.n>>20)
	}
	n, err := l.r.Read(p[:min(int64(len(p)), l.left)])
	l.left -= int64(n)
	return n, err
}
