package main

import (
	"encoding/csv"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/redsleuth/redsleuth/cmd/internal/render"
	"github.com/redsleuth/redsleuth/diff"
)

// writeDiffLines writes a report as NDJSON: first all but the lists, then a
// line for each of their entries.
func writeDiffLines(w io.Writer, r *diff.Report, sh *render.Shower) error {
	d := newDiffDocument(r, sh)
	head := struct {
		Record      string          `json:"record"`
		Schema      string          `json:"schema"`
		Master      diffSide        `json:"master"`
		Replica     diffSide        `json:"replica"`
		Replication diffReplication `json:"replication"`
		Summary     diffSummary     `json:"summary"`
		Engine      string          `json:"engine,omitempty"`
	}{"diff", d.Schema, d.Master, d.Replica, d.Replication, d.Summary, d.Engine}
	if err := render.Document(w, head, true); err != nil {
		return err
	}
	var lines []any
	for i := range d.Differences {
		d.Differences[i].Record = "difference"
		lines = append(lines, d.Differences[i])
	}
	for i := range d.Libraries {
		d.Libraries[i].Record = "library"
		lines = append(lines, d.Libraries[i])
	}
	for i := range d.Scripts {
		d.Scripts[i].Record = "script"
		lines = append(lines, d.Scripts[i])
	}
	for i := range d.Findings {
		lines = append(lines, struct {
			Record string `json:"record"`
			render.FindingJSON
		}{"finding", d.Findings[i]})
	}
	for _, line := range lines {
		if err := render.Document(w, line, true); err != nil {
			return err
		}
	}
	return nil
}

// writeDiffCSV writes a line a difference.
func writeDiffCSV(w io.Writer, r *diff.Report, sh *render.Shower) error {
	out := csv.NewWriter(w)
	rows := [][]string{{
		"db", "key", "kind", "cause", "confidence", "changes", "evidence",
		"master_type", "master_encoding", "master_elements", "master_bytes", "master_byte", "master_expire_at",
		"replica_type", "replica_encoding", "replica_elements", "replica_bytes", "replica_byte", "replica_expire_at",
	}}
	for _, d := range r.Differences {
		var codes []string
		for i := range d.Evidence {
			codes = append(codes, d.Evidence[i].Code)
		}
		row := []string{strconv.Itoa(d.DB), sh.Text(d.Key), string(d.Kind), string(d.Cause), string(d.Confidence), changesText(d), strings.Join(codes, " ")}
		rows = append(rows, slices.Concat(row, heldColumns(d.Master), heldColumns(d.Replica)))
	}
	return out.WriteAll(rows)
}

// changesText is their number; "" where it was not counted.
func changesText(d *diff.Difference) string {
	if d.ChangesTotal < 0 {
		return ""
	}
	return strconv.FormatInt(d.ChangesTotal, 10)
}

func heldColumns(h *diff.Held) []string {
	j := newDiffHeld(h)
	if j == nil {
		return make([]string, 6)
	}
	number := func(n int64) string { return strconv.FormatInt(n, 10) }
	return []string{j.Type, j.Encoding, number(j.Elements), number(j.Bytes), number(j.Byte), j.ExpireAt}
}
