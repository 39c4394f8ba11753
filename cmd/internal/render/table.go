package render

import (
	"bytes"
	"fmt"
	"io"

	"github.com/olekukonko/tablewriter"
	"github.com/olekukonko/tablewriter/renderer"
	"github.com/olekukonko/tablewriter/tw"
)

// A Column of a Table.
type Column struct {
	Title string
	Right bool // numbers stand at the right
}

// Left and Right make columns.
func Left(title string) Column { return Column{Title: title} }

// Right makes a column whose cells stand at the right, as numbers do.
func Right(title string) Column { return Column{Title: title, Right: true} }

// Table writes rows under titles, without lines, in columns two spaces apart.
// Cells are never wrapped or changed in case; whoever fills them keeps them
// short. No rows, no table.
func Table(w io.Writer, s Style, columns []Column, rows [][]string) error {
	if len(rows) == 0 {
		return nil
	}
	var titles []any
	var aligns []tw.Align
	for _, c := range columns {
		align := tw.AlignLeft
		if c.Right {
			align = tw.AlignRight
		}
		titles, aligns = append(titles, s.Dim(c.Title)), append(aligns, align)
	}
	cells := tw.CellConfig{
		Formatting: tw.CellFormatting{AutoWrap: tw.WrapNone, AutoFormat: tw.Off},
		Alignment:  tw.CellAlignment{PerColumn: aligns},
		Padding:    tw.CellPadding{Global: tw.Padding{Left: "", Right: "  ", Overwrite: true}},
	}
	var b bytes.Buffer
	table := tablewriter.NewTable(&b,
		tablewriter.WithRenderer(renderer.NewBlueprint(tw.Rendition{
			Borders: tw.BorderNone,
			Symbols: tw.NewSymbols(tw.StyleNone),
			Settings: tw.Settings{
				Lines:      tw.LinesNone,
				Separators: tw.SeparatorsNone,
			},
		})),
		tablewriter.WithConfig(tablewriter.Config{Header: cells, Row: cells}),
		tablewriter.WithTrimSpace(tw.Off),
	)
	table.Header(titles...)
	if err := table.Bulk(rows); err != nil {
		return err
	}
	if err := table.Render(); err != nil {
		return err
	}
	for line := range bytes.Lines(b.Bytes()) {
		if _, err := fmt.Fprintf(w, "%s\n", bytes.TrimRight(line, " \n")); err != nil {
			return err
		}
	}
	return nil
}
