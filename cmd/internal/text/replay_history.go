package text

import (
	"cmp"
	"fmt"
	"net"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/redsleuth/redsleuth/cmd/internal/render"
	"github.com/redsleuth/redsleuth/parse/record"
	"github.com/redsleuth/redsleuth/replay"
	"github.com/redsleuth/redsleuth/replay/replica"
)

// history is what happened to the keys that were asked for.
func (w *replayText) history() {
	if w.asked.Key == nil {
		return
	}
	all := w.report.Touches[:min(len(w.report.Touches), w.most(touchesShown))]
	offsets := slices.ContainsFunc(all,
		func(c replay.Touch) bool { return c.Offset != record.Unknown })
	place := "byte" // an AOF has no offsets
	if offsets {
		place = "offset"
	}
	const of, when, db, ranIn, key, arguments = 2, 3, 4, 5, 8, 9
	var rows [][]string
	var clock render.Clock
	var clients []string // in the order of their numbers
	histories := historiesOf(all)
	for i := range all {
		rows = append(rows, slices.Insert(w.touch(i, offsets, &clock, &clients), of, histories.letter(&all[i])))
	}
	columns := []render.Column{
		render.Right("link"), render.Right(place), render.Left("of"), render.Right("time"), render.Right("db"),
		render.Right("ran in"), render.Left("outcome"), render.Left("what"), render.Left("key"),
		render.Below("arguments"),
	}
	columns, rows = withoutColumn(columns, rows, arguments,
		func(row []string) bool { return row[arguments] == "" })
	title := "History of the keys"
	if only := w.onlyKey(all); only != "" { // where there is little room, it is said once
		title = "History of " + only
		columns, rows = withoutColumn(columns, rows, key, func([]string) bool { return true })
	}
	columns, rows = withoutColumn(columns, rows, ranIn,
		func(row []string) bool { return row[ranIn] == row[db] || row[ranIn] == "" })
	columns, rows = withoutColumn(columns, rows, when,
		func(row []string) bool { return row[when] == "" })
	columns, rows = withoutColumn(columns, rows, of,
		func([]string) bool { return len(histories.ids) < 2 })
	w.heading(title)
	w.table(columns, rows)
	w.more(int64(len(w.report.Touches)-len(all)), "row", "rows")
	if n := w.report.TouchesLeftOut; n > 0 {
		w.wrapped("… and %s that no report has room for; --key with fewer keys shows them",
			render.Plural(n, "more row", "more rows"))
	}
	for i, who := range clients {
		w.wrapped("c%d is the client %s", i+1, who)
	}
	w.histories(histories)
	w.outcomes(all)
	w.differing()
}

// onlyKey is the one key of a history that a terminal is shown; "" of several.
func (w *replayText) onlyKey(all []replay.Touch) (only string) {
	for i := range all {
		_, key := w.touched(&all[i])
		if only != "" && key != "" && key != only {
			return ""
		}
		only = cmp.Or(only, key)
	}
	if w.Style.Room() == 0 {
		return ""
	}
	return only
}

// touch is the row of an event in the history of the keys. Clients are numbered as they
// come.
func (w *replayText) touch(i int, offsets bool, clock *render.Clock, clients *[]string) []string {
	c := &w.report.Touches[i]
	what, key := w.touched(c)
	link, at, db, ran := "", c.Byte, number(c.DB), number(c.ReplicaDB)
	switch {
	case c.Link > 0:
		link = strconv.Itoa(c.Link)
	case c.Client != nil:
		who := w.askedBy(c.Client)
		n := slices.Index(*clients, who)
		if n < 0 {
			n, *clients = len(*clients), append(*clients, who)
		}
		link, ran = fmt.Sprintf("c%d", n+1), ""
	}
	if offsets {
		at = c.Offset
	}
	place := number(at)
	arguments := w.arguments(c)
	if c.Client != nil || at == record.Unknown && c.Outcome == replay.Started { // these have none
		place = ""
	}
	switch {
	case c.Outcome == replay.Promoted, c.Outcome == replay.Demoted:
		db, ran, arguments = "", "", ""
	case c.Outcome == replay.Started || c.Outcome == replay.Loaded && c.Key == nil: // nor these a database
		db, ran = "", ""
		if arguments == "" && c.Outcome == replay.Loaded && !w.loads(i) {
			arguments = "without it"
		}
	}
	when := clock.Show(c.Time)
	if c.Outcome == replay.Held || c.Link > 0 && w.report.Links[c.Link-1].AOF { // they tell the second
		when = strings.TrimSuffix(when, ".000")
	}
	return []string{link, place, when, db, ran, string(c.Outcome), what, key, arguments}
}

// loads reports whether a full resync brought any of the keys: what it brought follows
// it.
func (w *replayText) loads(i int) bool {
	i++
	return i < len(w.report.Touches) && w.report.Touches[i].Outcome == replay.Loaded && w.report.Touches[i].Key != nil
}

// outcomes says what those words mean that don't say it themselves.
func (w *replayText) outcomes(all []replay.Touch) {
	for _, o := range []struct {
		outcome replay.Outcome
		means   string
	}{
		{replica.Dropped, "the replica lacked the script or function that it runs"},
		{replay.Promoted, "by its log or INFO; what it wrote since is of a history of its own"},
		{replica.Undelivered, "what the replica asked for afterwards shows that it never ran"},
		{replay.Held, "what the dump of that side holds, which is of that offset, and was begun within that second"},
		{replay.Sent, "it came after all that the replica's dump holds, and nothing shows that it ran"},
		{replay.Doubtful, "the log says that commands of this name were refused, and not which"},
		{replay.LikelyRefused, "the log says that one was refused, and without this one the replica has what its dump holds"},
	} {
		if slices.ContainsFunc(all, func(t replay.Touch) bool { return t.Outcome == o.outcome }) {
			w.wrapped("%s: %s", o.outcome, o.means)
		}
	}
}

// differing says of the keys asked for how the two dumps compare.
func (w *replayText) differing() {
	r := w.beside.Diff
	if r == nil {
		return
	}
	if len(r.Differences) == 0 {
		w.wrapped("The two dumps hold the same of %s.", w.these(r.Summary.Equal))
	}
	for i, d := range r.Differences {
		if i >= w.most(differencesShown) {
			w.wrapped("… and %s", render.Plural(int64(len(r.Differences)-i), "more key that differs", "more keys that differ"))
			break
		}
		why := string(d.Cause)
		if d.Confidence != "" {
			why += ", " + string(d.Confidence)
		}
		w.wrapped("db %d %s differs (%s): %s", d.DB, w.Bytes.Text(d.Key), d.Kind, why)
	}
}

// these names so many keys.
func (w *replayText) these(n int64) string {
	if n == 1 {
		return "this key"
	}
	return "these keys"
}

// touched says what happened to which key.
func (w *replayText) touched(c *replay.Touch) (what, key string) {
	switch {
	case c.Outcome == replay.Held:
		return c.Side + ": " + heldType(c.Type), w.Bytes.Text(c.Key)
	case c.Key != nil:
		return w.command(c) + c.Type, w.Bytes.Text(c.Key)
	case c.Outcome == replay.Started && c.FromDump:
		return "restart", ""
	case c.Outcome == replay.Started:
		return "restart", ""
	case c.Outcome == replay.Promoted:
		return "the replica is a master", ""
	case c.Outcome == replay.Demoted:
		return "it is a replica again", ""
	case c.Outcome == replay.Loaded && w.report.Links[c.Link-1].AOF:
		return "base", ""
	case c.Outcome == replay.Loaded:
		return "full resync", ""
	case c.Computed:
		return w.command(c) + " (may compute it)", ""
	}
	return w.command(c), ""
}

// heldType is the type of a key in a dump.
func heldType(name string) string {
	if name == replay.NoType {
		return "no such key"
	}
	return name
}

// arguments are those of a command but for the key, and the name of the dump that a
// process started from.
func (w *replayText) arguments(c *replay.Touch) string {
	if c.FromDump {
		return "from " + quotedPath(filepath.Base(c.Path))
	}
	var words []string
	for _, a := range c.Args {
		words = append(words, w.Bytes.NameText(string(a)))
	}
	if c.ArgsLeft > 0 {
		words = append(words, fmt.Sprintf("… %d more", c.ArgsLeft))
	}
	return strings.Join(words, " ")
}

// askedBy names who asked which server.
func (w *replayText) askedBy(c *replay.Client) string {
	text := "unknown"
	if c.Addr != "" {
		text = w.address(c.Addr)
	}
	if c.To != "" {
		text += " to " + w.roleOf(c.To) + w.address(c.To)
	}
	if c.Name != "" {
		text += ", " + w.Bytes.NameText(c.Name)
	}
	return text
}

// roleOf says which of the two a server is, where the links tell: "the master, ".
func (w *replayText) roleOf(server string) string {
	for _, l := range w.report.Links {
		_, port, _ := net.SplitHostPort(server)
		switch listening := l.Link.Replica.ListeningPort; {
		case l.From == server:
			return "the master, "
		case listening != 0 && port == strconv.Itoa(listening):
			return "the replica, "
		}
	}
	return ""
}

// command names a command; "" for a record of a dump.
func (w *replayText) command(c *replay.Touch) string {
	if c.Command == "" {
		return ""
	}
	return w.Bytes.CommandText(c.Command)
}
