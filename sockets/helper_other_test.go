//go:build !linux

package sockets

import "fmt"

func helpHere(what string) error { return fmt.Errorf("no helper named %q", what) }
