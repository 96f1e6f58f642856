package cli

import "github.com/urfave/cli/v2"

// settled is a flag that knows its names. urfave/cli asks for them some 260
// times in a list, and works them out by a regular expression each time.
type settled struct {
	cli.Flag
	names []string
}

func (s settled) Names() []string { return s.names }

// settle does so for flags of which urfave/cli wants no more than a [cli.Flag] has,
// once their help is out of the question. A flag with several values loses its
// other names, which arrange has replaced: urfave/cli would copy the values from
// one name to the next through JSON, which has no text but UTF-8.
func settle(flags []cli.Flag) {
	for i, f := range flags {
		switch f := f.(type) {
		case *cli.StringSliceFlag:
			f.Aliases = nil
		case *cli.BoolFlag, *cli.StringFlag, *cli.IntFlag, *cli.DurationFlag:
			flags[i] = settled{f, f.Names()}
		}
	}
}
