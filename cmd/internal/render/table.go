package render

import (
	"io"
	"strings"

	"github.com/olekukonko/tablewriter/pkg/twwidth"
)

// A Column of a Table.
type Column struct {
	Title string
	right bool // numbers stand at the right
	cut   bool // cells may be cut for the table to fit
	below bool // cells go under their rows where the table would be too wide
}

// Left makes a column of words that are shown whole.
func Left(title string) Column { return Column{Title: title} }

// Right makes a column whose cells stand at the right, as numbers do.
func Right(title string) Column { return Column{Title: title, right: true} }

// Cutting makes a column whose cells are cut where the table would be too wide
// for a terminal: for names and lists. Keys are never cut.
func Cutting(title string) Column { return Column{Title: title, cut: true} }

// Below makes a last column whose cells stand in lines of their own, under their rows,
// where the table would be too wide for a terminal: for what is as long as it is.
func Below(title string) Column { return Column{Title: title, below: true} }

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
	last := len(columns) - 1
	under := columns[last].below && !Fits(s, columns, rows)
	if under {
		columns = columns[:last]
	}
	widths := measure(columns, rows)
	if !s.whole {
		fit(s.width, columns, widths)
	}
	titles := make([]string, len(columns))
	for i, c := range columns {
		titles[i] = c.Title
	}
	var line []byte
	for i := -1; i < len(rows); i++ {
		cells, paint := titles, s.Dim
		if i >= 0 {
			cells, paint = rows[i][:len(columns)], nil
		}
		line = append(appendRow(line[:0], s, columns, widths, cells, paint), '\n')
		if under && i >= 0 && rows[i][last] != "" {
			line = append(line, belowIndent+s.wrapCut(rows[i][last], belowIndent)+"\n"...)
		}
		if _, err := w.Write(line); err != nil {
			return err
		}
	}
	return nil
}

// belowIndent is in front of cells that stand under their rows.
const belowIndent = "        "

// wrapCut is Wrap, of words of which none is longer than a line.
func (s Style) wrapCut(text, indent string) string {
	words := strings.Split(text, " ")
	for i, w := range words {
		words[i] = Cut(w, s.width-len(indent))
	}
	return s.Wrap(strings.Join(words, " "), indent)
}

// Fits reports whether a table needs no more columns than the style has, its
// Cutting cells cut as far as they are ever.
func Fits(s Style, columns []Column, rows [][]string) bool {
	if s.whole || s.width == 0 {
		return true
	}
	widths := measure(columns, rows)
	fit(s.width, columns, widths)
	total := columnGap * (len(widths) - 1)
	for _, w := range widths {
		total += w
	}
	return total <= s.width
}

// appendRow appends a line of a table, without blanks at its end.
func appendRow(line []byte, s Style, columns []Column, widths []int, cells []string,
	paint func(string) string) []byte {
	owed := 0 // blanks, which are written once something follows
	for i, cell := range cells {
		if i > 0 {
			owed += columnGap
		}
		if columns[i].cut {
			cell = s.Cut(cell, widths[i])
		}
		blanks := max(0, widths[i]-twwidth.Width(cell))
		if columns[i].right {
			owed, blanks = owed+blanks, 0
		}
		if cell != "" {
			line = append(line, strings.Repeat(" ", owed)...)
			owed = 0
			if paint != nil {
				cell = paint(cell)
			}
			line = append(line, cell...)
		}
		owed += blanks
	}
	return line
}

// measure is how wide the columns are with all that is in them.
func measure(columns []Column, rows [][]string) []int {
	widths := make([]int, len(columns))
	for i, c := range columns {
		widths[i] = twwidth.Width(c.Title)
		for _, row := range rows {
			widths[i] = max(widths[i], twwidth.Width(row[i]))
		}
	}
	return widths
}

// fit makes columns narrower until the table is width columns wide, the widest
// Cutting column first.
func fit(width int, columns []Column, widths []int) {
	total := (len(columns) - 1) * columnGap
	for _, w := range widths {
		total += w
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
}

// Cut shortens text to width columns, and shows that it did.
func Cut(text string, width int) string {
	if len(text) <= width || twwidth.Width(text) <= width {
		return text
	}
	return twwidth.Truncate(text, width, "…")
}
