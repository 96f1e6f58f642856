package report

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Format is how records are written.
type Format string

const (
	FormatTable      Format = "table"      // aligned columns for people
	FormatWide       Format = "wide"       // the same with more columns
	FormatJSON       Format = "json"       // one object with records and summary
	FormatJSONL      Format = "jsonl"      // one record per line, as it arrives
	FormatCSV        Format = "csv"        // RFC 4180, every column
	FormatHTML       Format = "html"       // one self-contained page
	FormatXML        Format = "xml"        // nmap's, for the programs that import it
	FormatGrep       Format = "grep"       // nmap's grepable lines
	FormatPrometheus Format = "prometheus" // a file for node_exporter's textfile collector
	FormatMarkdown   Format = "markdown"   // a table for an issue or a chat
	FormatSARIF      Format = "sarif"      // OASIS SARIF 2.1.0, for code scanning
	FormatJUnit      Format = "junit"      // test results, for build servers
	FormatHostPort   Format = "hostport"   // a host:port a line, for other scanners and clients
)

// Formats lists every format, in the order help shows them.
func Formats() []Format {
	return []Format{FormatTable, FormatWide, FormatJSON, FormatJSONL, FormatCSV, FormatHTML, FormatXML, FormatGrep, FormatPrometheus, FormatMarkdown, FormatSARIF, FormatJUnit, FormatHostPort}
}

// commands lists the commands that have the format; nil means all.
func (f Format) commands() []string {
	switch f {
	case FormatXML, FormatGrep:
		return []string{"scan", "merge"}
	case FormatPrometheus:
		return []string{"list"}
	case FormatHostPort:
		return []string{"scan", "merge", "list"}
	case FormatSARIF, FormatJUnit:
		return []string{"audit"}
	case FormatHTML:
		return []string{"scan", "merge", "list", "lookup"}
	default:
		return nil
	}
}

func (f Format) isFor(command string) bool {
	switch command {
	case "explain": // it has no rows
		return f == FormatTable || f == FormatJSON || f == FormatJSONL
	case "watch": // it has no end
		return f == FormatJSONL
	}
	return f.commands() == nil || slices.Contains(f.commands(), command)
}

// FormatsOf are the formats that a command has.
func FormatsOf(command string) []Format {
	return slices.DeleteFunc(Formats(), func(f Format) bool { return !f.isFor(command) })
}

// HasColumns reports whether [Options.Columns] chooses what a format shows.
func (f Format) HasColumns() bool {
	return f == FormatTable || f == FormatWide || f == FormatMarkdown || f == FormatCSV
}

// byHost reports whether a format has one entry per host of a scan.
func (f Format) byHost() bool { return f == FormatXML || f == FormatGrep || f == FormatHTML }

// Spec is one --output value: a format, and the file it goes to ("" for
// standard output).
type Spec struct {
	Format Format
	File   string
}

// ParseSpec reads FORMAT or FORMAT=FILE.
func ParseSpec(s string) (Spec, error) {
	name, file, toFile := strings.Cut(s, "=")
	if name == "ndjson" { // the same under another name
		name = string(FormatJSONL)
	}
	if first, second, several := strings.Cut(name, ","); several && slices.Contains(Formats(), Format(first)) {
		return Spec{}, fmt.Errorf("output: %q is several formats; write -o for each, and files for all but one: -o %s=FILE -o %s", name, first, second)
	}
	if !slices.Contains(Formats(), Format(name)) {
		return Spec{}, fmt.Errorf("output: unknown format %q; the formats are %s", name, join(Formats()))
	}
	if toFile && file == "" {
		return Spec{}, fmt.Errorf("output: %q names no file; write %s=FILE", s, name)
	}
	return Spec{Format(name), file}, nil
}

// For returns an error if the command does not have the format.
func (s Spec) For(command string) error {
	if s.Format.isFor(command) {
		return nil
	}
	have := FormatsOf(command)
	if s.Format.commands() == nil {
		return fmt.Errorf("output: %s has no place for %s; its formats are %s", s.Format, command, join(have))
	}
	return fmt.Errorf("output: %s is for %s; the formats of %s are %s", s.Format, strings.Join(s.Format.commands(), ", "), command, join(have))
}

// Beside returns an error if the output would get into the way of one of the others.
func (s Spec) Beside(others []Spec) error {
	for _, other := range others {
		switch {
		case s.File == "" && other.File == "":
			return errors.New("output: only one format can go to standard output; give the others a file, as in -o json=scan.json")
		case s.File != "" && other.File != "" && filepath.Clean(s.File) == filepath.Clean(other.File) && filepath.Clean(s.File) != os.DevNull:
			return errOneFile(s.File)
		}
	}
	return nil
}

func errOneFile(name string) error {
	return fmt.Errorf("output: two formats are to be written to %s; give each a file of its own", name)
}

func join(formats []Format) string {
	names := make([]string, len(formats))
	for i, f := range formats {
		names[i] = string(f)
	}
	return strings.Join(names, ", ")
}
