package cli

import (
	"io"
	"os"
	"runtime"
	"strings"

	"github.com/urfave/cli/v2"
	"golang.org/x/term"

	"porthole/internal/grid"
)

// colorOn reports whether standard output gets colors: by --color, then by NO_COLOR
// (no-color.org) and CLICOLOR_FORCE, then by whether it is a terminal with colors.
func (c console) colorOn(ctx *cli.Context) (bool, error) {
	when := ctx.String("color")
	force := c.getenv("CLICOLOR_FORCE")
	switch {
	case when != "auto":
		return when == "always", checkWord("color", when, whens()...)
	case c.getenv("NO_COLOR") != "":
		return false, nil
	case force != "" && force != "0":
		return true, nil
	}
	return c.canDraw(c.out), nil
}

// canDraw reports whether w is a terminal that takes escape sequences.
func (c console) canDraw(w io.Writer) bool {
	fd, ok := terminal(w)
	return ok && c.getenv("TERM") != "dumb" && takesEscapes(fd)
}

// width is the number of columns of w; 0 if it is no terminal.
func width(w io.Writer) int {
	fd, ok := terminal(w)
	if !ok {
		return 0
	}
	columns, _, err := term.GetSize(fd)
	if err != nil {
		return 0
	}
	return columns
}

func terminal(w io.Writer) (fd int, ok bool) {
	if text, isText := w.(asciiWriter); isText {
		w = text.to
	}
	f, isFile := w.(*os.File)
	if !isFile {
		return 0, false
	}
	fd = int(f.Fd())
	return fd, term.IsTerminal(fd)
}

// utf8 reports whether the locale is UTF-8, by the variables that setlocale(3)
// reads.
func (c console) utf8() bool {
	if runtime.GOOS == "windows" {
		return true
	}
	for _, name := range []string{"LC_ALL", "LC_CTYPE", "LANG"} {
		if value := strings.ToLower(c.getenv(name)); value != "" {
			return strings.Contains(value, "utf-8") || strings.Contains(value, "utf8")
		}
	}
	return false
}

// text is a stream for text to be read by people, in the locale's characters.
func (c console) text(to io.Writer) io.Writer {
	if c.utf8() {
		return to
	}
	return asciiWriter{to}
}

// asciiWriter writes text for a locale that is not UTF-8. Each write has whole
// characters.
type asciiWriter struct{ to io.Writer }

func (w asciiWriter) Write(text []byte) (int, error) {
	if _, err := io.WriteString(w.to, grid.ASCII(string(text))); err != nil {
		return 0, err
	}
	return len(text), nil
}
