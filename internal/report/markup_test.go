package report

import (
	"bufio"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"porthole/internal/record"
)

// evil is text that would be markup, or worse, wherever it is not escaped.
const evil = "</style></script><script>alert(1)</script><img src=x onerror=alert(2)>' onload='x\" onload=\"x&lt;{}\x00\x1b[31m\u202e"

// TestMarkup checks that text stays text, in an element and in an attribute.
func TestMarkup(t *testing.T) {
	var out strings.Builder
	m := markup{bufio.NewWriter(&out)}
	m.put("<p class=\"{}\">{}</p>", `a "b" 'c'`, "<d> & {}\x1b")
	m.putIf("<b>{}</b>", "")
	m.putIf("<i>{}</i>", "e")
	m.w.Flush()
	const want = `<p class="a &#34;b&#34; &#39;c&#39;">&lt;d&gt; &amp; {}\x1b</p><i>e</i>`
	if out.String() != want {
		t.Errorf("%s\nnot\n%s", out.String(), want)
	}
}

// TestPageHostile compares two pages, one with hostile and one with tame text in
// every field. They have the same elements and attributes, and the same texts but
// for that.
func TestPageHostile(t *testing.T) {
	for _, kind := range []string{record.KindPort, record.KindSocket, record.KindService} {
		tame := outline(t, pageOf(t, kind, "tame"))
		hostile := outline(t, pageOf(t, kind, evil))
		hostile = strings.NewReplacer(Escape(commandLine([]string{evil})), "tame", Escape(evil), "tame").Replace(hostile)
		if !strings.Contains(tame, "tame") || strings.Contains(tame, "{}") {
			t.Errorf("%s: the tame page reads\n%s", kind, tame)
		}
		if tame != hostile {
			t.Errorf("%s: the hostile page reads\n%s\nnot\n%s", kind, hostile, tame)
		}
	}
}

// pageOf writes a page with one word in every field.
func pageOf(t *testing.T, kind, word string) string {
	t.Helper()
	r := &record.Record{}
	fillWith(reflect.ValueOf(r).Elem(), word)
	r.Kind = kind
	command := map[string]string{record.KindPort: "scan", record.KindSocket: "list", record.KindService: "lookup"}[kind]
	wide := *r
	wide.Exposure = "all" // the section for an unknown exposure shows no exposure
	open := *r
	open.Addr, open.State = "2001:db8::1", "open"
	return run{
		o:       Options{Command: command, Kind: kind, Args: []string{word}, Version: word, Start: start()},
		records: []*record.Record{r, &wide, &open},
		counted: []record.Verdict{{Host: word, Proto: word, State: word, Reason: word}},
		sum:     record.Summary{Kind: "summary", Command: word, ScanCounts: &record.ScanCounts{Open: 1}, ListCounts: &record.ListCounts{Sockets: 1}, LookupCounts: &record.LookupCounts{}},
	}.write(t, FormatHTML)
}

// fillWith puts word into every string below v.
func fillWith(v reflect.Value, word string) {
	switch v.Kind() {
	case reflect.String:
		v.SetString(word)
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		for i := range v.Len() {
			fillWith(v.Index(i), word)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if f := v.Type().Field(i); f.IsExported() && f.Type != reflect.TypeFor[*record.Explanation]() { // it holds records
				fillWith(v.Field(i), word)
			}
		}
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fillWith(v.Elem(), word)
	}
}

// outline reads a page as a browser would, a line for each node, without the
// style and the script.
func outline(t *testing.T, page string) string {
	t.Helper()
	page = strings.NewReplacer(pageCSS, "", pageJS, "").Replace(page)
	doc, err := html.Parse(strings.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	for n := range doc.Descendants() {
		switch n.Type {
		case html.ElementNode:
			fmt.Fprintf(&out, "<%s>\n", n.Data)
			for _, a := range n.Attr {
				fmt.Fprintf(&out, "  %s is %s\n", a.Key, a.Val)
			}
		default:
			fmt.Fprintf(&out, "%d %s\n", n.Type, n.Data)
		}
	}
	return out.String()
}

// TestRaw checks that only the embedded files are converted to raw, in the whole
// package.
func TestRaw(t *testing.T) {
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	for _, name := range files {
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok || types.ExprString(call.Fun) != "raw" {
				return true
			}
			found++
			of := types.ExprString(call.Args[0])
			if !slices.Contains([]string{"pageCSS", "pageJS", "after"}, of) { // after is what put has left of a piece
				t.Errorf("%s: %s is made raw", name, of)
			}
			return true
		})
	}
	if found != 3 {
		t.Errorf("%d conversions, not 3", found)
	}
}
