// Porthole-mcp answers assistants that speak the Model Context Protocol, over
// standard input and output.
//
// It is a program of its own because the protocol's library has net/http, which
// porthole does without.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"porthole/internal/hosts"
	"porthole/internal/mcpserver"
	"porthole/internal/version"
	"porthole/registry"
)

func main() { os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) }

// run returns the exit code, as porthole's: 0 done, 1 failed, 2 usage, 130 and 143
// for SIGINT and SIGTERM.
func run(args []string, in io.ReadCloser, out io.WriteCloser, diag io.Writer) int {
	config := mcpserver.Config{Version: version.Text()}
	flags := flag.NewFlagSet("porthole-mcp", flag.ContinueOnError)
	flags.SetOutput(diag)
	flags.Usage = func() { usage(diag, flags) }
	flags.Func("allow", "`CIDR` scan and wait may ask this network, too; can be repeated", func(text string) error {
		network, err := hosts.ParseNetwork(text)
		config.Allow = append(config.Allow, network)
		return err
	})
	flags.BoolVar(&config.AllowKill, "allow-kill", false, "there is a tool that ends what holds a port, after a dry run")
	showVersion := flags.Bool("version", false, "print the version")
	switch err := flags.Parse(args); {
	case errors.Is(err, flag.ErrHelp):
		return 0
	case err != nil:
		return 2
	case *showVersion:
		fmt.Fprintln(out, "porthole-mcp", config.Version)
		return 0
	case flags.NArg() > 0:
		fmt.Fprintf(diag, "porthole-mcp: %q is not a flag\n", flags.Arg(0))
		return 2
	}
	config.Services = new(registry.Registry)
	if err := config.Services.LoadUser(os.Getenv); err != nil {
		fmt.Fprintf(diag, "porthole-mcp: services: %v\n", err)
		return 1
	}
	return serve(config, in, out, diag)
}

func serve(config mcpserver.Config, in io.ReadCloser, out io.WriteCloser, diag io.Writer) int {
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	ended := make(chan error, 1)
	go func() { ended <- mcpserver.Serve(ctx, config, in, out) }()
	select {
	case sig := <-signals: // a read of a terminal cannot be ended, so that nobody waits for it
		if sig == os.Interrupt {
			return 130
		}
		return 143
	case err := <-ended:
		if err != nil && !errors.Is(err, io.EOF) {
			fmt.Fprintf(diag, "porthole-mcp: %v\n", err)
			return 1
		}
		return 0
	}
}

func usage(to io.Writer, flags *flag.FlagSet) {
	fmt.Fprint(to, `porthole-mcp answers an assistant that speaks the Model Context Protocol over
standard input and output; start it from the assistant's configuration.

`)
	flags.PrintDefaults()
}
