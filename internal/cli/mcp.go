package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"

	"github.com/urfave/cli/v2"

	"porthole/internal/hosts"
)

func (c console) mcpCommand() *cli.Command {
	flags := append([]cli.Flag{
		&cli.GenericFlag{Name: "allow", Value: new(texts), Usage: "`CIDR` scan and wait may ask this network, too"},
		&cli.BoolFlag{Name: "allow-kill", Usage: "a tool may end what holds a port, after a dry run"},
	}, messageFlags()...)
	return &cli.Command{
		Name:        "mcp",
		Usage:       "answer an assistant (Model Context Protocol)",
		Flags:       flags,
		Action:      c.action(console.mcp),
		Description: "Starts porthole-mcp, which lies beside porthole, on standard input and output. An assistant's configuration starts it.",
		UsageText: examples(
			"porthole mcp", "list, explain, audit, scan and more",
			"porthole mcp --allow 198.51.100.0/24", "with a network of yours to scan",
			"porthole mcp --allow-kill", "with a tool that ends processes",
		),
	}
}

// mcp runs porthole-mcp in place of this program.
func (c console) mcp(ctx *cli.Context) error {
	if ctx.Args().Present() {
		return usagef("mcp: %q is not a flag", ctx.Args().First())
	}
	var args []string
	for _, network := range textsOf(ctx, "allow") {
		if _, err := hosts.ParseNetwork(network); err != nil {
			return usage(fmt.Errorf("allow: %w", err))
		}
		args = append(args, "--allow="+network)
	}
	if ctx.Bool("allow-kill") {
		args = append(args, "--allow-kill")
	}
	program, err := besides("porthole-mcp")
	if err != nil {
		return fmt.Errorf("mcp: %w", err)
	}
	return replace(ctx.Context, program, args)
}

// besides finds a program in the folder of this one. A program of that name elsewhere
// is not run: anybody may have put it there.
func besides(name string) (string, error) {
	if runtime.GOOS == "windows" {
		name += ".exe"
	}
	self, err := os.Executable()
	if err == nil {
		self, err = filepath.EvalSymlinks(self)
	}
	if err != nil {
		return "", fmt.Errorf("cannot find where porthole itself is: %w", err)
	}
	program := filepath.Join(filepath.Dir(self), name)
	if _, err := os.Stat(program); errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("there is no %s; the archives and packages have it beside porthole, and go build -o %s ./cmd/porthole-mcp makes it", program, filepath.Dir(self))
	} else if err != nil {
		return "", err
	}
	return program, nil
}
