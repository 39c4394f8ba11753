package text

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/olekukonko/tablewriter/pkg/twwidth"

	"github.com/redsleuth/redsleuth/cmd/internal/render"
	"github.com/redsleuth/redsleuth/finding"
)

// How much of the findings text output shows; documents have them all.
const (
	groupsShown = 40
	placesShown = 8
	keysShown   = 5
	keyColumns  = 48 // of one key
	shaShown    = 12 // of a digest: enough to tell a script from others
)

// A group is findings that say the same of several places. The first stands
// for them all.
type group struct {
	*finding.Finding
	all []*finding.Finding
}

// findings writes findings, errors before warnings: severity and code, where,
// and what. Those that say the same become one paragraph.
func (w *writer) findings(findings []finding.Finding) {
	groups := grouped(findings)
	left := 0
	for i := range groups {
		if i >= w.most(groupsShown) {
			left += len(groups[i].all)
			continue
		}
		w.group(&groups[i])
	}
	if left > 0 {
		w.more(int64(left), "finding", "findings")
	}
	w.explain(groups)
}

// explain names the command that tells more of what is no mere note.
func (w *writer) explain(groups []group) {
	var codes []string
	for i := range groups {
		code := string(groups[i].Code)
		if groups[i].Severity != finding.Info && !slices.Contains(codes, code) {
			codes = append(codes, code)
		}
	}
	if len(codes) > 0 {
		w.line("%s", w.Style.Command("what to do:", "redsleuth explain "+strings.Join(codes, " ")))
	}
}

func (w *writer) group(g *group) {
	plain := w.Style.Plain() // for text that is painted when its lines are known
	head := string(g.Severity) + " " + string(g.Code)
	at := w.where(g)
	gap := "  "
	if twwidth.Width(head)+len(gap)+twwidth.Width(at) > w.Style.Width() {
		gap, at = "\n  ", plain.Wrap(at, "  ")
	}
	if at != "" {
		at = gap + w.Style.Dim(at)
	}
	text := g.Message
	if keys := w.keyList(g); keys != "" {
		text += "; " + keys
	}
	byLog := g.Count > 0 && g.Byte == nil // and the message does not name the command
	if g.Code == finding.ReplicaError || g.Code == finding.CommandRefused && (byLog || g.Severity == finding.Info) {
		if len(g.Command) > 0 {
			text += "; command " + w.Style.Cut(w.Bytes.Text(g.Command), keyColumns)
		}
	}
	if g.Divergence != "" {
		text += " [" + g.Divergence + "]"
	}
	if g.Affects != "" {
		text += "; affects " + g.Affects
	}
	if g.FixedIn != "" {
		text += "; fixed in " + g.FixedIn
	}
	w.line("%s %s%s\n  %s", w.Style.Severity(g.Severity), w.Style.Bold(string(g.Code)), at,
		plain.Wrap(text, "  "))
}

// grouped puts findings together that differ in offset, byte and keys alone.
func grouped(findings []finding.Finding) []group {
	type likeness struct {
		severity                  finding.Severity
		code                      finding.Code
		path, file, sha           string
		message, affects, fixedIn string
		command                   string // of one that is not known by name
		link, db                  int
	}
	index := map[likeness]int{}
	var groups []group
	for i := range findings {
		f := &findings[i]
		like := likeness{f.Severity, f.Code, f.Path, string(f.File), f.SHA1, f.Message, f.Affects,
			f.FixedIn, "", f.Link, -1}
		if f.Code == finding.CommandRefused || f.Code == finding.ReplicaError {
			like.command = string(f.Command)
		}
		if other := otherShard(f); other != "" {
			like.file = other
		}
		if f.DB != nil {
			like.db = *f.DB
		}
		at, ok := index[like]
		if !ok {
			at = len(groups)
			index[like] = at
			groups = append(groups, group{Finding: f})
		}
		groups[at].all = append(groups[at].all, f)
	}
	weight := map[finding.Severity]int{finding.Error: 0, finding.Warning: 1, finding.Info: 2}
	slices.SortStableFunc(groups, func(a, b group) int {
		before := weight[a.Severity] - weight[b.Severity]
		if before == 0 && a.Code == finding.CommandRefused && b.Code == a.Code && a.Offset != nil && b.Offset != nil {
			before = cmp.Compare(*a.Offset, *b.Offset) // they come by the log's names
		}
		return before
	})
	return groups
}

// keyList names the keys of a group, each of them once.
func (w *writer) keyList(g *group) string {
	var names []string
	seen := map[string]bool{}
	for _, f := range g.all {
		for _, k := range f.Keys {
			if seen[string(k)] {
				continue
			}
			seen[string(k)] = true
			if len(seen) <= w.most(keysShown) {
				names = append(names, w.Bytes.Text(k))
			}
		}
	}
	if len(names) == 0 {
		return ""
	}
	if more := len(seen) - w.most(keysShown); more > 0 {
		names = append(names, fmt.Sprintf("and %s more", render.Count(more)))
	}
	word := "keys "
	if len(seen) == 1 {
		word = "key "
	}
	return word + strings.Join(names, ", ")
}

// where is the place of a group, in words.
func (w *writer) where(g *group) string {
	var parts []string
	add := func(format string, v any) { parts = append(parts, fmt.Sprintf(format, v)) }
	for _, p := range inputsOf(g.Finding) {
		add("%s", quotedPath(p))
	}
	if other := otherShard(g.Finding); other != "" {
		add("and %s", quotedPath(other))
	}
	if len(g.File) > 0 {
		parts = append(parts, "file "+w.Bytes.Text(g.File))
	}
	if g.Link > 0 {
		add("link %d", g.Link)
	}
	offsets := w.places(g, "offset", func(f *finding.Finding) *int64 { return f.Offset })
	if refused := refusedAt(g); refused != nil {
		offsets = w.places(refused, "offset", func(f *finding.Finding) *int64 { return f.Offset })
	}
	if offsets != "" {
		parts = append(parts, offsets)
	}
	if len(g.all) == 1 || offsets == "" {
		if bytes := w.places(g, "byte", func(f *finding.Finding) *int64 { return f.Byte }); bytes != "" {
			parts = append(parts, bytes)
		}
	}
	if g.DB != nil {
		add("db %d", *g.DB)
	}
	if g.SHA1 != "" {
		add("script %s", g.SHA1[:min(len(g.SHA1), shaShown)])
	}
	return strings.Join(parts, ", ")
}

// refusedAt is each place of a command that the log says was refused, as if it were a
// finding; nil for anything else, and where there is but one.
func refusedAt(g *group) *group {
	if g.Code != finding.CommandRefused || len(g.all) > 1 || len(g.Places) < 2 {
		return nil
	}
	each := &group{Finding: g.Finding}
	for i := range g.Places {
		each.all = append(each.all, &finding.Finding{Offset: g.Places[i].Offset})
	}
	return each
}

// inputsOf are the inputs that a finding is about: that of its path, or those of its
// places where it is about connections that several hold.
func inputsOf(f *finding.Finding) (paths []string) {
	if f.Path != "" {
		paths = append(paths, f.Path)
	}
	if f.Code != finding.DuplicateLink {
		return paths
	}
	for _, p := range f.Places {
		if !slices.Contains(paths, p.Path) {
			paths = append(paths, p.Path)
		}
	}
	return paths
}

// otherShard is the other dump of a finding on keys in two; "" of all else.
func otherShard(f *finding.Finding) string {
	if f.Code != finding.KeyInTwoShards || len(f.Places) == 0 {
		return ""
	}
	return f.Places[0].Path
}

// places lists a number of each finding of a group that has it.
func (w *writer) places(g *group, word string, number func(*finding.Finding) *int64) string {
	var list []string
	n := 0
	for _, f := range g.all {
		at := number(f)
		if at == nil {
			continue
		}
		if n++; n <= w.most(placesShown) {
			list = append(list, strconv.FormatInt(*at, 10))
		}
	}
	switch {
	case n == 0:
		return ""
	case n == 1:
		return word + " " + list[0]
	case n > w.most(placesShown):
		list = append(list, fmt.Sprintf("and %s more", render.Count(n-w.most(placesShown))))
	}
	return word + "s " + strings.Join(list, ", ")
}
