package document

import (
	"bytes"
	"encoding/csv"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/parquet-go/parquet-go"
)

// TestDiffParquet: the columns hold what the cells of the CSV hold.
func TestDiffParquet(t *testing.T) {
	var table, file bytes.Buffer
	if err := WriteDiffCSV(&table, diffReport(), plain, nil); err != nil {
		t.Fatal(err)
	}
	want, err := csv.NewReader(&table).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	if err := WriteDiffParquet(&file, diffReport(), plain); err != nil {
		t.Fatal(err)
	}
	f, err := parquet.OpenFile(bytes.NewReader(file.Bytes()), int64(file.Len()))
	if err != nil {
		t.Fatal(err)
	}
	rows := make([]parquet.Row, len(want))
	n, err := f.RowGroups()[0].Rows().ReadRows(rows)
	if err != nil && err != io.EOF || n != len(want)-1 {
		t.Fatalf("%d rows, want %d; %v", n, len(want)-1, err)
	}
	compared := 0
	for column, c := range DiffColumns() {
		at := slices.Index(want[0], c.Name)
		if at < 0 || c.Name == "key" || strings.HasSuffix(c.Name, "_at") {
			continue // none in CSV, or written in another way
		}
		compared++
		for i, row := range rows[:n] {
			got := row[column].String()
			if row[column].IsNull() {
				got = ""
			}
			if cell := want[i+1][at]; got != cell {
				t.Errorf("row %d, %s: %q, and in CSV %q", i, c.Name, got, cell)
			}
		}
	}
	if compared != len(want[0])-4 {
		t.Errorf("%d of %d columns were compared", compared, len(want[0]))
	}
}
