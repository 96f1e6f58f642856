package cli

import (
	"github.com/urfave/cli/v2"

	"porthole/sockets"
)

// sourceFlags choose where the sockets come from, for list and watch.
func sourceFlags() []cli.Flag {
	return []cli.Flag{
		&cli.StringFlag{Name: "source", Usage: "`SOURCE` kernel (default on Linux) or gopsutil (elsewhere)"},
		noBPFFlag(),
	}
}

// noBPFFlag is for every command that looks at sockets.
func noBPFFlag() cli.Flag {
	return &cli.BoolFlag{Name: "no-bpf", Usage: "load no program into the kernel; slower"}
}

// noBPF reads --no-bpf.
func noBPF(ctx *cli.Context) bool { return ctx.Bool("no-bpf") }

// readSource reads --source.
func readSource(ctx *cli.Context) (sockets.Source, error) {
	switch which := ctx.String("source"); which {
	case "":
		return sockets.SourceDefault, nil
	case sockets.SourceKernel.String():
		return sockets.SourceKernel, nil
	case sockets.SourceGopsutil.String():
		return sockets.SourceGopsutil, nil
	default:
		return sockets.SourceDefault, checkWord("source", which, sources()...)
	}
}

func sources() []string {
	return []string{sockets.SourceKernel.String(), sockets.SourceGopsutil.String()}
}
