package page

import (
	"cmp"
	"encoding/json"
	"slices"
	"strings"

	"github.com/redsleuth/redsleuth/diff"
	"github.com/redsleuth/redsleuth/report"
)

// Keys are the differences.
type Keys struct {
	// Of is how many differ in all, Rows those that are shown.
	Of   int64
	Rows []Row
	// CSV is the file that has all of them; "" where the rows are all.
	CSV string
	// Groups count those that are listed, the largest first; GroupsUnshown are
	// left out.
	Groups        []Group
	GroupsUnshown int
}

// A Row is a difference.
type Row struct {
	DB       int    `json:"db"`
	Key      string `json:"key"`
	Kind     string `json:"kind"`
	Cause    string `json:"cause"`
	Sure     string `json:"sure"`
	Offset   string `json:"offset"`
	Who      string `json:"who"`
	Evidence string `json:"evidence"`
}

// A Group is the differences of one cause, database and prefix.
type Group struct {
	Cause  string
	DB     int
	Prefix string
	Keys   int64
}

// A Head is a column of the table of keys.
type Head struct{ Title, Column string }

// Alike is differences that one sentence explains.
type Alike struct {
	Cause, Sure, Evidence string
	Rows                  []Row
}

// Alike are the first differences, up to most of them, by what explains them, in the
// order in which that comes first.
func (k *Keys) Alike(most int) (all []Alike) {
	for _, row := range k.Rows[:min(len(k.Rows), most)] {
		i := slices.IndexFunc(all, func(a Alike) bool {
			return a.Cause == row.Cause && a.Sure == row.Sure && a.Evidence == row.Evidence
		})
		if i < 0 {
			i = len(all)
			all = append(all, Alike{Cause: row.Cause, Sure: row.Sure, Evidence: row.Evidence})
		}
		all[i].Rows = append(all[i].Rows, row)
	}
	return all
}

// Heads are the columns, in order.
func (*Page) Heads() []Head {
	return []Head{
		{"Database", "db"}, {"Key", "key"}, {"Kind", "kind"}, {"Cause", "cause"}, {"Sure", "sure"},
		{"Offset", "offset"}, {"Written by", "who"}, {"Evidence", "evidence"},
	}
}

func (b *builder) keys(csv string) {
	if b.r.Diff == nil {
		return
	}
	k := &b.Keys
	k.Of = b.r.Diff.Summary.Different
	size := 0
	for _, d := range b.r.Diff.Differences[:min(len(b.r.Diff.Differences), MostRows)] {
		row := b.row(d)
		text, err := json.Marshal(row)
		if size += len(text); err != nil || size > mostRowBytes {
			break
		}
		k.Rows = append(k.Rows, row)
	}
	if int64(len(k.Rows)) < k.Of {
		k.CSV = csv
	}
	b.groups()
}

func (b *builder) row(d *diff.Difference) Row {
	row := Row{
		DB: d.DB, Key: b.cut(d.Key), Kind: string(d.Kind), Cause: string(d.Cause),
		Sure: string(d.Confidence),
	}
	if len(d.Evidence) > 0 {
		e := &d.Evidence[0]
		row.Evidence = e.Message
		if len(e.Command) > 0 {
			row.Evidence = b.f.CommandText(strings.ToUpper(cutText(string(e.Command), longestCell))) + ": " + e.Message
		}
	}
	row.Offset, row.Who = offsetText(report.OffsetOf(d)), b.whoAll(d)
	return row
}

// who is a client, as an operator knows it.
func (b *builder) who(w *report.Client) string {
	return strings.TrimSpace(b.named(w.Addr, w.Name, w.User) + " on the " + w.Side)
}

// groups are the differences by cause, database and prefix.
func (b *builder) groups() {
	all := make([]Group, 0, len(b.r.Tally.Groups))
	for g, n := range b.r.Tally.Groups {
		all = append(all, Group{string(g.Cause), g.DB, g.Prefix, n})
	}
	slices.SortFunc(all, func(x, y Group) int {
		return cmp.Or(cmp.Compare(y.Keys, x.Keys), strings.Compare(x.Cause, y.Cause),
			cmp.Compare(x.DB, y.DB), strings.Compare(x.Prefix, y.Prefix))
	})
	k := &b.Keys
	k.Groups = all[:min(len(all), mostGroups)]
	k.GroupsUnshown = len(all) - len(k.Groups)
	for i := range k.Groups {
		if g := &k.Groups[i]; g.Prefix != "" {
			g.Prefix = b.cut([]byte(g.Prefix))
		}
	}
}
