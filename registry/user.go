package registry

import (
	"bufio"
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"sort"
	"strings"
	"unicode"
)

// userServices is the environment variable that names the user's services file.
const userServices = "PORTHOLE_SERVICES"

// userServicesFile returns the path of the user's services file, "" if there is no
// place for one, and whether the user named it.
func userServicesFile(getenv func(string) string) (name string, named bool) {
	if name = getenv(userServices); name != "" {
		return name, true
	}
	dir, err := os.UserConfigDir()
	if err != nil {
		return "", false
	}
	return filepath.Join(dir, "porthole", "services"), false
}

// LoadUser loads the user's services file, as [Registry.Load] does: the one that the
// environment variable PORTHOLE_SERVICES names, else porthole/services in the user's
// configuration folder ([os.UserConfigDir]). A named file must exist; it is no error if
// the other one does not, or may not be read. getenv is [os.Getenv] or a stand-in for
// it.
func (r *Registry) LoadUser(getenv func(string) string) error {
	name, named := userServicesFile(getenv)
	if name == "" {
		return nil
	}
	if info, err := os.Stat(name); err == nil && !named && !info.Mode().IsRegular() {
		return &fs.PathError{Op: "open", Path: name, Err: errors.New("it is not a regular file")} // a pipe would be waited for
	}
	f, err := os.Open(name)
	// Under another user's HOME, as sudo leaves it, there may be one to which
	// this user has no access: it is not this user's.
	if !named && (errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrPermission)) {
		return nil
	}
	if err != nil {
		if named {
			return fmt.Errorf("$%s: %w", userServices, err)
		}
		return err
	}
	defer f.Close()
	return r.Load(io.LimitReader(f, maxUserFile+1), name)
}

// maxUserFile is the size of a services file at most, in bytes.
const maxUserFile = 4 << 20

// maxAliases is how many other names a port has at most in it.
const maxAliases = 64

// Load adds services in the form of services(5), one to a line:
//
//	name port/protocol [alias...] [# description]
//
// They go before the built-in tables, and before what is loaded later. When a
// port has several lines, the first names it and the others give aliases.
// Lines for ddp, which is AppleTalk's and has no ports, are skipped. name is
// the file's name, for errors, which begin "name:line: ". After an error the
// registry is as it was.
func (r *Registry) Load(rd io.Reader, name string) error {
	rows := slices.Collect(r.user.rows())
	index := make(map[[2]int]int, len(rows))
	for i, row := range rows {
		index[[2]int{int(row.protos), int(row.First)}] = i
	}
	sc := bufio.NewScanner(rd)
	n, size := 0, 0
	for sc.Scan() {
		n++
		if size += len(sc.Bytes()) + 1; size > maxUserFile {
			return fmt.Errorf("%s: the file is larger than %d MB", name, maxUserFile>>20)
		}
		row, ok, err := parseServiceLine(sc.Text())
		if err != nil {
			return fmt.Errorf("%s:%d: %w", name, n, err)
		}
		if !ok {
			continue
		}
		key := [2]int{int(row.protos), int(row.First)}
		if i, known := index[key]; known {
			rows[i] = rows[i].with(row)
			if strings.Count(rows[i].aliases, " ") >= maxAliases {
				return fmt.Errorf("%s:%d: port %d has more than %d names", name, n, row.First, maxAliases)
			}
		} else {
			index[key] = len(rows)
			rows = append(rows, row)
		}
	}
	if err := sc.Err(); errors.Is(err, bufio.ErrTooLong) {
		return fmt.Errorf("%s:%d: the line is longer than %d bytes", name, n+1, bufio.MaxScanTokenSize)
	} else if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	r.user = newTable(rows)
	r.gap.Store(0)
	return nil
}

// parseServiceLine reads one line of a services file; it reports false for a
// line that holds no service.
func parseServiceLine(line string) (row, bool, error) {
	line, comment, _ := strings.Cut(line, "#")
	fields := strings.Fields(line)
	if len(fields) == 0 {
		return row{}, false, nil
	}
	if len(fields) == 1 {
		return row{}, false, fmt.Errorf("%q has no port: want name port/protocol, as in myapp 8080/tcp", fields[0])
	}
	number, proto, ok := strings.Cut(fields[1], "/")
	if !ok {
		return row{}, false, fmt.Errorf("bad port %q: want port/protocol, as in 8080/tcp", fields[1])
	}
	port, ok := parsePort(number)
	if !ok || port == 0 {
		return row{}, false, fmt.Errorf("bad port %q: want 1 to 65535", number)
	}
	if proto == "ddp" {
		return row{}, false, nil
	}
	p, ok := parseProtocol(proto)
	if !ok {
		return row{}, false, fmt.Errorf("unknown protocol %q: want tcp, udp, sctp or dccp", proto)
	}
	names := slices.Concat(fields[:1], fields[2:])
	for _, name := range names {
		if err := checkName(name); err != nil {
			return row{}, false, err
		}
	}
	return row{
		Range:       Range{port, port},
		protos:      setOf(p),
		name:        names[0],
		aliases:     strings.Join(names[1:], " "),
		description: strings.Join(strings.Fields(comment), " "),
	}, true, nil
}

// checkName refuses what could not be written in a port expression. It is
// laxer than RFC 6335 section 5.1, as older services files are.
func checkName(name string) error {
	switch {
	case !strings.ContainsFunc(name, unicode.IsLetter):
		return fmt.Errorf("bad name %q: want at least one letter", name)
	case isSet(strings.ToLower(name)):
		return fmt.Errorf("bad name %q: it names a set in port expressions", name)
	case strings.ContainsAny(name, ",:*?["):
		return fmt.Errorf("bad name %q: commas, colons, and * ? [ have a meaning in port expressions", name)
	case strings.ContainsFunc(name, func(c rune) bool { return !unicode.IsPrint(c) }):
		return fmt.Errorf("bad name %q: want printable characters", name)
	}
	return nil
}

// with adds the names of a later row for the same port as aliases.
func (r row) with(later row) row {
	for name := range later.names() {
		if !r.has(name) {
			r.aliases = strings.TrimLeft(r.aliases+" "+name, " ")
		}
	}
	r.description = cmp.Or(r.description, later.description)
	return r
}

// newTable writes rows as a table.
func newTable(rows []row) table {
	sort.SliceStable(rows, func(i, j int) bool {
		a, b := &rows[i], &rows[j]
		return cmp.Or(cmp.Compare(a.First, b.First), cmp.Compare(a.protos, b.protos)) < 0
	})
	var b strings.Builder
	for _, row := range rows {
		b.WriteString(row.String())
		b.WriteByte('\n')
	}
	return table(b.String())
}
