package cli

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"porthole/internal/listing"
	"porthole/internal/record"
	"porthole/internal/report"
)

// rowFlags choose how the rows of a list are shown.
func rowFlags() []cli.Flag {
	return []cli.Flag{
		&cli.StringFlag{Name: "sort", Usage: "`COLUMN` sort by it, -COLUMN backwards (default port)"},
		&cli.StringFlag{Name: "columns", Usage: "`COLUMN,...` only these, in tables and CSV, by their names there"},
		&cli.BoolFlag{Name: "count", Usage: "print only how many sockets there are"},
	}
}

// rowOrder is how rows are sorted.
type rowOrder struct {
	column     report.Field
	descending bool
}

// readSort reads --sort; nil is the order in which they come.
func readSort(ctx *cli.Context) (*rowOrder, error) {
	if !ctx.IsSet("sort") {
		return nil, nil
	}
	name, descending := strings.CutPrefix(ctx.String("sort"), "-")
	fields := report.Fields(record.KindSocket)
	var names []string
	for _, f := range fields {
		if f.Name == name {
			return &rowOrder{f, descending}, nil
		}
		names = append(names, f.Name)
	}
	return nil, usagef("sort: no column %q; write %s", name, list(names, "or"))
}

// readColumns reads --columns.
func readColumns(ctx *cli.Context) ([]string, error) {
	if !ctx.IsSet("columns") {
		return nil, nil
	}
	return splitWords("columns", strings.ToLower(ctx.String("columns")), socketColumns()...)
}

func socketColumns() []string { return report.ColumnNames(record.KindSocket) }

// compare compares two rows: numbers and addresses as such, other texts without
// regard to case.
func (o *rowOrder) compare(a, b *record.Record) int {
	textA, textB := o.column.Text(a), o.column.Text(b)
	order := 0
	switch {
	case o.column.Right:
		order = cmp.Or(cmp.Compare(len(textA), len(textB)), strings.Compare(textA, textB))
	case strings.HasSuffix(o.column.Name, "addr"):
		addrA, _ := netip.ParseAddr(textA)
		addrB, _ := netip.ParseAddr(textB)
		order = addrA.Compare(addrB)
	default:
		order = strings.Compare(strings.ToLower(textA), strings.ToLower(textB))
	}
	if o.descending {
		return -order
	}
	return order
}

// write calls fill with out, or sorts the records that it wrote before they go there.
func (o *rowOrder) write(out recordWriter, fill func(recordWriter) error) error {
	if o == nil {
		return fill(out)
	}
	var rows record.List
	if err := fill(&rows); err != nil {
		return err
	}
	slices.SortStableFunc(rows, func(a, b record.Record) int { return o.compare(&a, &b) })
	return writeAll(out, rows)
}

// count prints how many sockets pass the filters.
func (c console) count(ctx *cli.Context, l listing.Listing) error {
	if ctx.IsSet("output") {
		return usagef("list: --count prints a number alone; leave --output out")
	}
	snap, err := l.Lister.List(ctx.Context)
	if err != nil {
		return err
	}
	if _, err := fmt.Fprintln(c.out, len(l.Shown(snap))); err != nil {
		return err
	}
	c.missing(snap.Warnings)
	if !snap.Complete() {
		return errIncomplete
	}
	return nil
}
