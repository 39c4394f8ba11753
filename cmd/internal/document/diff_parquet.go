package document

import (
	"encoding/base64"
	"errors"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/redsleuth/redsleuth/cmd/internal/render"
	"github.com/redsleuth/redsleuth/command"
	"github.com/redsleuth/redsleuth/diff"
	"github.com/redsleuth/redsleuth/internal/columns"
)

// DiffColumns are those of the Parquet file of diff: those of its CSV, and the key
// in base64 where it is not UTF-8.
func DiffColumns() []columns.Column {
	all := []columns.Column{
		{Name: "db", Kind: columns.Small, About: "the database"},
		{Name: "key", Kind: columns.Text, About: "the key; what is not UTF-8 as in JSON"},
		{Name: "key_base64", Kind: columns.Text, Repeats: true, About: "the key where it is not UTF-8"},
		{Name: "kind", Kind: columns.Text, Repeats: true, About: "how the sides differ"},
		{Name: "cause", Kind: columns.Text, Repeats: true, About: "why"},
		{Name: "confidence", Kind: columns.Text, Repeats: true, About: "proved or likely"},
		{Name: "changes", Kind: columns.Int, About: "elements that differ"},
		{Name: "evidence", Kind: columns.Text, Repeats: true, About: "codes, with blanks between"},
	}
	for _, side := range []string{"master", "replica"} {
		all = append(all,
			columns.Column{Name: side + "_type", Kind: columns.Text, Repeats: true, About: "what TYPE replies"},
			columns.Column{Name: side + "_encoding", Kind: columns.Text, Repeats: true,
				About: "what OBJECT ENCODING replies"},
			columns.Column{Name: side + "_elements", Kind: columns.Int, About: "members of the value"},
			columns.Column{Name: side + "_bytes", Kind: columns.Int, About: "length of the record"},
			columns.Column{Name: side + "_byte", Kind: columns.Int, About: "where it begins"},
			columns.Column{Name: side + "_expire_at", Kind: columns.Time, About: "when the key expires"})
	}
	all = append(all,
		columns.Column{Name: "offset", Kind: columns.Int, About: "where in the stream the first evidence is"},
		columns.Column{Name: "divergence", Kind: columns.Text, Repeats: true, About: "the row of docs/divergences.md"},
		columns.Column{Name: "written_by", Kind: columns.Text, Repeats: true,
			About: "clients, by name or else address, with blanks between"},
		columns.Column{Name: "written_on", Kind: columns.Text, Repeats: true, About: "the sides that they wrote on"},
		columns.Column{Name: "written_at", Kind: columns.Time, About: "when the first of them did"})
	const file = "the dump, where the side is several"
	return append(all,
		columns.Column{Name: "slot", Kind: columns.Small, About: "the slot, where a side is several dumps"},
		columns.Column{Name: "master_file", Kind: columns.Text, Repeats: true, About: file},
		columns.Column{Name: "replica_file", Kind: columns.Text, Repeats: true, About: file})
}

const (
	diffShared = 8 // columns in front of those of the sides
	diffHeld   = 6 // columns of a side
	diffOrigin = diffShared + 2*diffHeld
	diffShards = diffOrigin + originColumns
)

// WriteDiffParquet writes a row a difference.
func WriteDiffParquet(w io.Writer, r *diff.Report, f *render.BytesFormatter) error {
	file := columns.NewWriter(w, "redsleuth/diff/1", DiffColumns())
	b := file.Batch()
	var err error
	for _, x := range r.Differences {
		if r.Sharded() {
			b.Int(diffShards, int64(command.Slot(x.Key)))
			setText(b, diffShards+1, fileOf(x.Master))
			setText(b, diffShards+2, fileOf(x.Replica))
		}
		diffRow(b, x, f)
		if b.Full() && err == nil {
			b, err = file.Write(b)
		}
	}
	if err == nil {
		_, err = file.Write(b)
	}
	return errors.Join(err, file.Close())
}

func diffRow(b *columns.Batch, x *diff.Difference, f *render.BytesFormatter) {
	b.Int(0, int64(x.DB))
	if plain := utf8.Valid(x.Key); plain && f.Mode() != render.Redacted {
		b.Text(1, x.Key)
	} else {
		b.Text(1, f.AppendJSON(nil, x.Key))
		if f.Mode() != render.Redacted {
			b.String(2, base64.StdEncoding.EncodeToString(x.Key))
		}
	}
	var codes []string
	for i := range x.Evidence {
		codes = append(codes, string(x.Evidence[i].Code))
	}
	for i, text := range []string{string(x.Kind), string(x.Cause), string(x.Confidence)} {
		setText(b, 3+i, text)
	}
	setInt(b, 6, x.ChangesTotal)
	setText(b, 7, strings.Join(codes, " "))
	heldColumns(b, diffShared, x.Master)
	heldColumns(b, diffShared+diffHeld, x.Replica)
	originOf(x, f).columns(b, diffOrigin)
	b.End()
}

// heldColumns sets the columns of a side from the first on, if it holds the key.
func heldColumns(b *columns.Batch, first int, h *diff.Held) {
	if h == nil {
		return
	}
	setText(b, first, h.Object.String())
	setText(b, first+1, h.Encoding)
	setInt(b, first+2, h.Elements)
	setInt(b, first+3, h.Bytes)
	setInt(b, first+4, h.Byte)
	if h.HasExpire {
		b.Int(first+5, h.ExpireAt)
	}
}

// setText leaves null what is "".
func setText(b *columns.Batch, column int, text string) {
	if text != "" {
		b.String(column, text)
	}
}

// setInt leaves null what nothing tells.
func setInt(b *columns.Batch, column int, n int64) {
	if known(n) != nil {
		b.Int(column, n)
	}
}
