package cli

import (
	"fmt"
	"io"
	"os"
	"runtime"
	"strings"

	"golang.org/x/term"
)

// colorOn decides for one stream: the flag, then CLICOLOR_FORCE and NO_COLOR
// (no-color.org), then whether it is a terminal that can.
func colorOn(flag string, w io.Writer, getenv func(string) string) (bool, error) {
	switch flag {
	case "always":
		return true, nil
	case "never":
		return false, nil
	case "auto":
	default:
		return false, fmt.Errorf("color: unknown value %q; write auto, always or never", flag)
	}
	if getenv("NO_COLOR") != "" {
		return false, nil
	}
	if force := getenv("CLICOLOR_FORCE"); force != "" && force != "0" {
		return true, nil
	}
	_, isTerminal := terminal(w)
	return isTerminal && getenv("TERM") != "dumb", nil
}

// width is the number of columns of the terminal behind w; 0 if there is none.
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
	f, isFile := w.(*os.File)
	if !isFile {
		return 0, false
	}
	fd = int(f.Fd())
	return fd, term.IsTerminal(fd)
}

// utf8 tells whether the locale is UTF-8, by the variables that setlocale(3)
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
