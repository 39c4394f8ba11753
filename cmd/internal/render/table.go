package render

import (
	"bytes"
	"fmt"
	"io"

	"github.com/olekukonko/tablewriter"
	"github.com/olekukonko/tablewriter/pkg/twwidth"
	"github.com/olekukonko/tablewriter/renderer"
	"github.com/olekukonko/tablewriter/tw"
)

// A Column of a Table.
type Column struct {
	Title string
	right bool // numbers stand at the right
	cut   bool // cells may be cut for the table to fit
}

// Left makes a column of words that are shown whole.
func Left(title string) Column { return Column{Title: title} }

// Right makes a column whose cells stand at the right, as numbers do.
func Right(title string) Column { return Column{Title: title, right: true} }

// Cutting makes a column whose cells are cut where the table would be too wide
// for a terminal: for names and lists. Keys are never cut.
func Cutting(title string) Column { return Column{Title: title, cut: true} }

const (
	columnGap = 2
	leastCut  = 12 // columns that a cut cell keeps
)

// Table writes rows under titles, without lines, in columns two spaces apart,
// and cuts cells of Cutting columns so that it fits the style's width. Cells
// are never wrapped or changed in case. No rows, no table.
func Table(w io.Writer, s Style, columns []Column, rows [][]string) error {
	if len(rows) == 0 {
		return nil
	}
	if !s.whole {
		rows = fit(s.width, columns, rows)
	}
	var titles []any
	var aligns []tw.Align
	for _, c := range columns {
		align := tw.AlignLeft
		if c.right {
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

// fit cuts cells until the table is width columns wide, the widest Cutting
// column first. Rows that it changes are copies.
func fit(width int, columns []Column, rows [][]string) [][]string {
	widths := make([]int, len(columns))
	total := (len(columns) - 1) * columnGap
	for i, c := range columns {
		widths[i] = twwidth.Width(c.Title)
		for _, row := range rows {
			widths[i] = max(widths[i], twwidth.Width(row[i]))
		}
		total += widths[i]
	}
	for ; total > width; total-- {
		widest := -1
		for i, c := range columns {
			if c.cut && widths[i] > leastCut && (widest < 0 || widths[i] > widths[widest]) {
				widest = i
			}
		}
		if widest < 0 {
			break
		}
		widths[widest]--
	}
	out := make([][]string, len(rows))
	for k, row := range rows {
		out[k] = append([]string(nil), row...)
		for i, c := range columns {
			if c.cut {
				out[k][i] = Cut(row[i], widths[i])
			}
		}
	}
	return out
}

// Cut shortens text to width columns, and shows that it did.
func Cut(text string, width int) string {
	if len(text) <= width || twwidth.Width(text) <= width {
		return text
	}
	return twwidth.Truncate(text, width, "…")
}
