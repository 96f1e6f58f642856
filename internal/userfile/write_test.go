package userfile

import (
	"io"
	"os"
	"path/filepath"
	"testing"
)

// TestOutput holds that a file appears complete, under its own name only, whether
// or not it had a temporary name, and whatever a killed program left there.
func TestOutput(t *testing.T) {
	for _, named := range []bool{false, true} {
		path := filepath.Join(t.TempDir(), "scan.json")
		write(t, path, "old")
		o := create(t, path)
		if named && o.part == "" {
			o.part = o.at.partName()
			if err := o.at.link(o.file, o.part); err != nil {
				t.Fatal(err)
			}
		}
		if o.part == "" {
			write(t, filepath.Join(filepath.Dir(path), o.at.partName()), "of a killed program with this number")
		}
		if _, err := io.WriteString(o, "new"); err != nil {
			t.Fatal(err)
		}
		holds(t, path, "old")
		if err := o.Publish(); err != nil {
			t.Fatal(err)
		}
		holds(t, path, "new")
		create(t, path).Discard()
		holds(t, path, "new")
		if left, _ := os.ReadDir(filepath.Dir(path)); len(left) != 1 {
			t.Errorf("left: %v", left)
		}
	}
}

// TestCreateNew holds that a file that is there is left alone.
func TestCreateNew(t *testing.T) {
	path := filepath.Join(t.TempDir(), "scan.ckpt")
	f, err := CreateNew(path, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	f.Close()
	if _, err := CreateNew(path, 0o600); !os.IsExist(err) {
		t.Errorf("a second time: %v", err)
	}
	if f, err = OpenRegular(path, os.O_RDWR); err != nil {
		t.Fatal(err)
	}
	f.Close()
	if _, err := OpenRegular(path+"x", os.O_RDWR); !os.IsNotExist(err) {
		t.Errorf("what is not there: %v", err)
	}
}

func create(t *testing.T, path string) *Output {
	t.Helper()
	o, err := Create(t.Context(), path, 0o666)
	if err != nil {
		t.Fatal(err)
	}
	return o
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
}

func holds(t *testing.T, path, want string) {
	t.Helper()
	if text, err := os.ReadFile(path); err != nil || string(text) != want {
		t.Errorf("%s holds %q, %v, not %q", path, text, err, want)
	}
}
