package cli

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"porthole/internal/listing"
	"porthole/internal/live"
	"porthole/internal/record"
	"porthole/internal/report"
	"porthole/internal/sentence"
)

// rowFlags choose how the rows of a list are shown.
func rowFlags() []cli.Flag {
	return append(arrangeFlags(), &cli.BoolFlag{Name: "count", Usage: "print only how many sockets there are"})
}

// arrangeFlags choose how rows are shown, for list and watch.
func arrangeFlags() []cli.Flag {
	return []cli.Flag{
		&cli.StringFlag{Name: "sort", Usage: "`COLUMN` sort by it, -COLUMN backwards (default port)"},
		&cli.StringFlag{Name: "columns", Usage: "`COLUMN,...` only these, in tables and CSV, by their names there"},
		&cli.BoolFlag{Name: "tree", Usage: "below the processes that hold them, and those that started these"},
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
	name, descending := strings.CutPrefix(strings.ToLower(ctx.String("sort")), "-")
	fields := report.Fields(record.KindSocket)
	var names []string
	for _, f := range fields {
		if f.Name == name {
			return &rowOrder{f, descending}, nil
		}
		names = append(names, f.Name)
	}
	return nil, usagef("sort: no column %q; write %s", name, sentence.Join(names, "or"))
}

// readTree reads --tree, which is for tables.
func readTree(ctx *cli.Context, specs []report.Spec) (bool, error) {
	if !ctx.Bool("tree") {
		return false, nil
	}
	if ctx.Bool("no-process") {
		return false, usagef("%s: --tree needs the processes that --no-process leaves out", ctx.Command.Name)
	}
	for _, spec := range specs {
		if spec.Format == report.FormatTable || spec.Format == report.FormatWide {
			return true, nil
		}
	}
	return false, usagef("%s: --tree is for -o table and -o wide; the records of -o json have the parents of each process", ctx.Command.Name)
}

// readColumns reads --columns, of these names.
func readColumns(ctx *cli.Context, names []string) ([]string, error) {
	if !ctx.IsSet("columns") {
		return nil, nil
	}
	return splitWords("columns", strings.ToLower(ctx.String("columns")), names...)
}

// readRows reads rowFlags for the outputs of a list.
func (o *outputs) readRows(ctx *cli.Context) (order *rowOrder, err error) {
	if order, err = readSort(ctx); err != nil {
		return nil, err
	}
	if o.options.Columns, err = readColumns(ctx, socketColumns()); err != nil {
		return nil, err
	}
	if o.options.Columns != nil && !slices.ContainsFunc(o.specs, func(s report.Spec) bool { return s.Format.HasColumns() }) {
		return nil, usagef("list: --columns is for -o table, wide, markdown and csv; %s has every field", o.specs[0].Format)
	}
	o.options.Tree, err = readTree(ctx, o.specs)
	return order, err
}

// readArrangement reads how watch shows its rows, on a terminal.
func readArrangement(ctx *cli.Context, events bool) (a live.Arrangement, err error) {
	for _, name := range []string{"sort", "columns", "tree"} {
		if events && ctx.IsSet(name) {
			return a, usagef("watch: --%s is for the view on a terminal; an event has every field", name)
		}
	}
	order, err := readSort(ctx)
	if err != nil {
		return a, err
	}
	if order != nil {
		a.Sort, a.Descending = order.column.Name, order.descending
	}
	var names []string
	for _, f := range report.Fields(record.KindSocket) {
		names = append(names, f.Name)
	}
	if a.Columns, err = readColumns(ctx, names); err != nil {
		return a, err
	}
	a.Tree, err = readTree(ctx, []report.Spec{{Format: report.FormatTable}})
	return a, err
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
	if err := checkCount(ctx); err != nil {
		return err
	}
	snap, err := l.Lister.List(ctx.Context)
	if err != nil {
		return err
	}
	if _, err := fmt.Fprintln(c.out, len(l.Shown(snap))); err != nil {
		return writeError(err, verdict(false, snap.Complete()))
	}
	c.missing(snap.Warnings)
	c.unjudged(l.Unjudged(snap), snap)
	return verdict(false, snap.Complete())
}
