package cli

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// design is a section of docs/design.md: what follows its heading, up to the next of
// the same rank.
func design(t *testing.T, heading string) string {
	t.Helper()
	b, err := os.ReadFile("../../docs/design.md")
	if err != nil {
		t.Fatal(err)
	}
	_, section, found := strings.Cut("\n"+string(b), "\n## "+heading+"\n")
	if !found {
		t.Fatalf("docs/design.md has no section %q", heading)
	}
	section, _, _ = strings.Cut(section, "\n## ")
	return section
}

// goFiles is the Go files of a folder, those of tests among them.
func goFiles(t *testing.T, dir string) (names []string) {
	t.Helper()
	all, err := filepath.Glob(filepath.Join("../..", dir, "*.go"))
	if err != nil || len(all) == 0 {
		t.Fatal(dir, all, err)
	}
	for _, name := range all {
		names = append(names, filepath.Base(name))
	}
	return names
}

// TestDesignPackages compares the map of the packages with the tree.
func TestDesignPackages(t *testing.T) {
	_, list, _ := strings.Cut(design(t, "The house"), "```\n")
	list, _, _ = strings.Cut(list, "```")
	var told []string
	for line := range strings.Lines(list) {
		name := strings.TrimSuffix(strings.Fields(line)[0], "/")
		if _, err := os.Stat(filepath.Join("../..", name)); err != nil {
			t.Errorf("docs/design.md has %s, which is not there", name)
		}
		told = append(told, name)
	}
	err := filepath.WalkDir("../..", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		dir := filepath.ToSlash(strings.TrimPrefix(filepath.Dir(path), "../../"))
		if strings.HasSuffix(path, ".go") && dir != "../.." && !slices.Contains(told, dir) && filepath.Base(dir) != "gen" {
			t.Errorf("docs/design.md lacks %s", dir)
			told = append(told, dir)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestDesignFiles compares the maps of files with the tree: each file has one row, and
// each row has files.
func TestDesignFiles(t *testing.T) {
	tables := map[string]string{ // by the head of their first column
		"file in scanner/":                   "The files of scanner",
		"file in scanner/internal/schedule/": "The files of scanner",
		"file in sockets/":                   "The files of sockets",
	}
	for head, section := range tables {
		dir := strings.TrimPrefix(head, "file in ")
		_, table, found := strings.Cut(design(t, section), "| "+head+" |")
		if !found {
			t.Errorf("docs/design.md has no table %q", head)
			continue
		}
		table, _, _ = strings.Cut(table, "\n\n")
		files := slices.DeleteFunc(goFiles(t, dir), func(name string) bool { return strings.HasSuffix(name, "_test.go") })
		rows := make(map[string]int)
		for line := range strings.Lines(table) {
			for _, pattern := range regexp.MustCompile(`[a-z0-9_*]+\.go`).FindAllString(strings.Split(line+"||", "|")[1], -1) {
				n := 0
				for _, name := range files {
					if ok, _ := filepath.Match(pattern, name); ok {
						rows[name]++
						n++
					}
				}
				if n == 0 {
					t.Errorf("docs/design.md has %s%s, which is not there", dir, pattern)
				}
			}
		}
		for _, name := range files {
			if rows[name] != 1 {
				t.Errorf("docs/design.md has %d rows for %s%s, want 1", rows[name], dir, name)
			}
		}
	}
}

// TestDesignNames looks for the functions that docs/design.md walks through.
func TestDesignNames(t *testing.T) {
	for section, dirs := range map[string][]string{
		"The files of scanner": {"scanner", "scanner/internal/schedule"},
		"The files of sockets": {"sockets", "sockets/internal/procfs"},
	} {
		declared := make(map[string]bool)
		for _, dir := range dirs {
			for _, name := range goFiles(t, dir) {
				f, err := parser.ParseFile(token.NewFileSet(), filepath.Join("../..", dir, name), nil, 0)
				if err != nil {
					t.Fatal(err)
				}
				for _, d := range f.Decls {
					declare(declared, d)
				}
			}
		}
		for line := range strings.Lines(design(t, section)) {
			if strings.HasPrefix(line, "|") {
				continue
			}
			for _, m := range regexp.MustCompile("`([A-Za-z]+(?:\\.[A-Za-z]+)?)`").FindAllStringSubmatch(line, -1) {
				if name := m[1]; !declared[name] && name != "sockdiag" {
					t.Errorf("%s: docs/design.md names %s, which is not declared", section, name)
				}
			}
		}
	}
}

// declare notes the names that a declaration makes: functions and types as F and T,
// methods as T.M and M, fields of structs and methods of interfaces as T.M.
func declare(declared map[string]bool, d ast.Decl) {
	switch d := d.(type) {
	case *ast.FuncDecl:
		declared[d.Name.Name] = true
		if d.Recv != nil {
			recv := d.Recv.List[0].Type
			if star, ok := recv.(*ast.StarExpr); ok {
				recv = star.X
			}
			if generic, ok := recv.(*ast.IndexExpr); ok {
				recv = generic.X
			}
			declared[recv.(*ast.Ident).Name+"."+d.Name.Name] = true
		}
	case *ast.GenDecl:
		for _, spec := range d.Specs {
			spec, ok := spec.(*ast.TypeSpec)
			if !ok {
				continue
			}
			declared[spec.Name.Name] = true
			var members *ast.FieldList
			switch of := spec.Type.(type) {
			case *ast.StructType:
				members = of.Fields
			case *ast.InterfaceType:
				members = of.Methods
			default:
				continue
			}
			for _, m := range members.List {
				for _, name := range m.Names {
					declared[spec.Name.Name+"."+name.Name] = true
				}
			}
		}
	}
}

// TestDocFiles looks for the Go files that the documentation names by their paths.
func TestDocFiles(t *testing.T) {
	pages, err := filepath.Glob("../../docs/*.md")
	if err != nil || len(pages) == 0 {
		t.Fatal(pages, err)
	}
	n := 0
	for _, page := range append(pages, "../../README.md") {
		b, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range regexp.MustCompile("`([a-z0-9_]+(?:/[a-z0-9_*]+)+\\.go)`").FindAllStringSubmatch(string(b), -1) {
			n++
			if files, err := filepath.Glob(filepath.Join("../..", m[1])); err != nil || len(files) == 0 {
				t.Errorf("%s names %s, which is not there", filepath.Base(page), m[1])
			}
		}
	}
	if n == 0 {
		t.Error("no page names a file: is the pattern right?")
	}
}
