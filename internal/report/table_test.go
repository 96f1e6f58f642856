package report

import (
	"fmt"
	"io"
	"testing"

	"porthole/internal/record"
)

// BenchmarkTable writes 100,000 verdicts to a terminal, with and without
// colour.
func BenchmarkTable(b *testing.B) {
	var records []*record.Record
	for i := range 100_000 {
		addr := fmt.Sprintf("198.18.%d.%d", i>>8&255, i&255)
		r := asked(fmt.Sprintf("host-%d.example.test", i/400), addr, "tcp", uint16(i), "open", "syn-ack", "service")
		r.Plaintext = new(i%10 == 0)
		records = append(records, r)
	}
	for _, color := range []bool{false, true} {
		b.Run(fmt.Sprintf("color=%t", color), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				out, err := Open(b.Context(), []Spec{{Format: FormatTable}}, io.Discard, Options{Command: "scan", Kind: record.KindPort, Color: color, Width: 120})
				if err != nil {
					b.Fatal(err)
				}
				for _, r := range records {
					if err := out.Write(r); err != nil {
						b.Fatal(err)
					}
				}
				if err := out.Close(&record.Summary{}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
