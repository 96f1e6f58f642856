package manual

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const testDoc = "# The command line\n\nIntroduction.\n\n" +
	"## dig\n\n| flag | meaning |\n|---|---|\n| `-d, --depth N` | how deep; `a\\|b` |\n| `-4`, `--wide` | shapes |\n\n" +
	"Text with `code`, **bold** and [a link](x.md),\nover two lines.\n\n- one\n  item\n- another\n\n" +
	"```\nas it -stands\n.so\n```\n\n### More on it\n\nText below.\n\n" +
	"## Exit codes\n\n| code | meaning |\n|---|---|\n| 0 | done |\n\n" +
	"## Environment\n\n.nothing\n"

func testProgram() Program {
	return Program{About: "holes", Revised: "2026-11-23", Commands: []Command{{
		Name: "dig", Aliases: []string{"d"}, About: "make a hole", Args: "[PLACE...]",
		Flags:    []Flag{{Short: "d", Long: "depth", Value: "N"}, {Short: "4", Usage: "a square one"}, {Long: "wide", Usage: "a wide one"}},
		Examples: []Example{{"porthole dig ~", "a hole"}},
	}}}
}

func TestPages(t *testing.T) {
	pages, err := testProgram().Pages(testDoc)
	if err != nil {
		t.Fatal(err)
	}
	want := `.\" Written by go generate; do not edit.
.TH PORTHOLE\-DIG 1 2026-11-23 porthole "User Commands"
.SH NAME
porthole\-dig \- make a hole
.SH SYNOPSIS
\fBporthole dig\fR [\fIflags\fR] \fI[PLACE...]\fR
.SH DESCRIPTION
\fBporthole d\fR is the same.
.PP
Text with \fBcode\fR, \fBbold\fR and a link, over two lines.
.IP \(bu 2
one item
.IP \(bu 2
another
.PP
.nf
.RS
as it \-stands
\&.so
.RE
.fi
.SS More on it
Text below.
.SH OPTIONS
.TP
\fB\-d\fR, \fB\-\-depth\fR \fIN\fR
how deep; \fBa|b\fR
.TP
\fB\-4\fR
a square one
.TP
\fB\-\-wide\fR
a wide one
.SH EXAMPLES
A hole:
.PP
.nf
.RS
porthole dig \(ti
.RE
.fi
.SH EXIT STATUS
.TP
0
done
.SH ENVIRONMENT
\&.nothing
.SH SEE ALSO
.BR porthole (1)
`
	if diff := cmp.Diff(want, pages["porthole-dig.1"]); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
	if page := pages["porthole.1"]; !strings.Contains(page, ".BR porthole\\-dig (1)\nmake a hole\n") || !strings.Contains(page, "\nIntroduction.\n") {
		t.Errorf("porthole.1 is\n%s", page)
	}
}

func TestPagesNeedDocumentation(t *testing.T) {
	for _, c := range []struct{ doc, want string }{
		{"", "dig: docs/cli.md has no section of that name"},
		{"## dig\n\nText.\n", "dig: docs/cli.md has no row for the flag -d, --depth N"},
		{strings.Replace(testDoc, "`-4`, ", "", 1), "dig: docs/cli.md has no row for the flag -4"},
	} {
		if _, err := testProgram().Pages(c.doc); err == nil || err.Error() != c.want {
			t.Errorf("error %v, want %q", err, c.want)
		}
	}
}

// FuzzSections checks that no text is lost, and that no text crashes the reader.
func FuzzSections(f *testing.F) {
	f.Add(testDoc)
	f.Add("## \n|\n||\n```\n")
	f.Fuzz(func(t *testing.T, doc string) {
		var r roff
		for _, blocks := range sections(doc) {
			r.blocks(blocks)
		}
		if n := strings.Count(r.String(), ".nf\n"); n != strings.Count(r.String(), ".fi\n") && !strings.Contains(doc, ".fi") && !strings.Contains(doc, ".nf") {
			t.Errorf("%q: unclosed lines in\n%s", doc, r.String())
		}
	})
}
