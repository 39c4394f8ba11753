package page

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/redsleuth/redsleuth/cmd/internal/render"
	"github.com/redsleuth/redsleuth/diff"
	"github.com/redsleuth/redsleuth/finding"
	"github.com/redsleuth/redsleuth/parse/rdb"
	"github.com/redsleuth/redsleuth/parse/record"
	"github.com/redsleuth/redsleuth/replay"
	"github.com/redsleuth/redsleuth/report"
)

// hostile is what artefacts may hold to break out of a page.
const hostile = "</script><script>alert(1)</script>\x1b[2J\u202egpj.exe\"'`|*<!--"

func reportWith(keys int, key []byte) *report.Report {
	no, offset := false, int64(5)
	side := &diff.Side{End: record.Clean, Checksum: rdb.Checksum{}}
	d := &diff.Report{Master: side, Replica: side, Summary: diff.Summary{Different: int64(keys)}}
	for range keys {
		d.Differences = append(d.Differences, &diff.Difference{
			Key: key, Kind: "value", Cause: finding.CauseScriptMissing, Confidence: "proved",
			Evidence:  []finding.Evidence{{Message: "why", Offset: &offset}},
			WrittenBy: []diff.Writer{{Side: "master", Addr: hostile, Name: hostile, User: hostile}},
		})
	}
	return &report.Report{
		Diff: d,
		Verdict: report.Verdict{
			Consistent: &no, Keys: int64(keys), Sided: true,
			Causes: map[finding.Cause]int64{finding.CauseScriptMissing: int64(keys)},
		},
		Artefacts: []*report.Artefact{{Path: hostile, Kind: "rdb", Role: report.Master, Why: hostile}},
		Timeline:  []report.Event{{Kind: "dump", Text: "a dump", Path: hostile}},
	}
}

// made is the page of a report whose differences were counted.
func made(r *report.Report, f *render.BytesFormatter, csv, version string) *Page {
	r.Tally = report.Tally{}
	for _, d := range r.Diff.Differences {
		r.Tally.Count(d)
	}
	return New(r, f, csv, version)
}

func formatter() *render.BytesFormatter { return render.NewBytesFormatter(render.Quoted, nil) }

// Nothing of the artefacts becomes markup, and nothing refers to elsewhere.
func TestHostile(t *testing.T) {
	p := made(reportWith(3, []byte(hostile)), formatter(), "", "test")
	var page, text bytes.Buffer
	if err := p.HTML(&page); err != nil {
		t.Fatal(err)
	}
	if err := p.Markdown(&text); err != nil {
		t.Fatal(err)
	}
	var shown bytes.Buffer
	if err := p.Text(&shown, render.NewStyle(false, 80)); err != nil {
		t.Fatal(err)
	}
	html := page.String()
	for _, bad := range []string{"<script>alert", "\x1b", "\u202e", "<!--"} {
		if strings.Contains(html, bad) {
			t.Errorf("%q is in the page", bad)
		}
		if strings.Contains(text.String(), bad) {
			t.Errorf("%q is in the Markdown", bad)
		}
		if bad[0] != '<' && strings.Contains(shown.String(), bad) {
			t.Errorf("%q is in the text", bad)
		}
	}
	if n := strings.Count(html, "<script"); n != 2 {
		t.Errorf("%d scripts, not data and program", n)
	}
	outside := regexp.MustCompile(`(?i)(src|href|action)="?(https?:|//)|url\(|@import|<(link|iframe|object|img)`)
	if found := outside.FindString(html); found != "" {
		t.Errorf("a reference to elsewhere: %s", found)
	}
	if strings.Contains(html, `style="`) || regexp.MustCompile(`\son[a-z]+="`).MatchString(html) {
		t.Error("an attribute that the policy refuses")
	}
}

// The data of the page is JSON, and what is in it is what differs.
func TestData(t *testing.T) {
	p := made(reportWith(3, []byte("k")), formatter(), "", "test")
	var page bytes.Buffer
	if err := p.HTML(&page); err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(page.String(), `id="data">`)
	data, _, _ := strings.Cut(rest, "</script>")
	var rows []Row
	if err := json.Unmarshal([]byte(data), &rows); err != nil || len(rows) != 3 || rows[0].Key != `"k"` {
		t.Errorf("%v, %+v", err, rows)
	}
}

// Neither many keys nor large ones make a large page.
func TestSize(t *testing.T) {
	for name, r := range map[string]*report.Report{
		"many":  reportWith(100_000, []byte("user:1234567890:profile")),
		"large": reportWith(3, bytes.Repeat([]byte("x"), 10<<20)),
	} {
		var page bytes.Buffer
		if err := made(r, formatter(), "all.csv", "test").HTML(&page); err != nil {
			t.Fatal(err)
		}
		if page.Len() > 20<<20 {
			t.Errorf("%s: a page of %d bytes", name, page.Len())
		}
		if name == "many" && !strings.Contains(page.String(), "All 100000 are in all.csv") {
			t.Error("what is left out is not said")
		}
	}
}

// Under redaction not one byte of a name or a key is left.
func TestRedacted(t *testing.T) {
	const secret = "s3cr3t"
	r := reportWith(1, []byte(secret))
	r.Artefacts[0].Path, r.Timeline[0].Path = secret, secret
	r.Diff.Differences[0].WrittenBy[0] = diff.Writer{Side: "master", Addr: secret, Name: secret, User: secret}
	f := render.NewBytesFormatter(render.Redacted, []byte("key"))
	var page bytes.Buffer
	if err := made(r, f, "", "test").HTML(&page); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(page.String(), secret) {
		t.Error("a secret is in the page")
	}
}

func TestHeadlines(t *testing.T) {
	yes, no := true, false
	for want, v := range map[string]report.Verdict{
		"The replica holds what its master holds":      {Consistent: &yes},
		"The replica is NOT consistent: 1 key differs": {Consistent: &no, Keys: 1},
		"The replica is NOT consistent: 2 keys differ": {Consistent: &no, Keys: 2},
		"The replica was behind its master: 2 keys di": {
			Consistent: &no, Keys: 2, Causes: map[finding.Cause]int64{finding.CauseLag: 2},
		},
		"NOT consistent, each side went on by itself: 2": {Consistent: &no, Keys: 2, Parted: true, SinceOffset: new(int64)},
		"The replica crashed":                            {Crashes: []finding.Finding{{Code: "script-duplicate-on-load"}}},
		"The replica is NOT consistent: function libra":  {Consistent: &no},
	} {
		r := reportWith(0, nil)
		r.Verdict = v
		r.Verdict.Sided = true
		if got := made(r, formatter(), "", "").Headline; !strings.HasPrefix(got, want) {
			t.Errorf("%q, not %q", got, want)
		}
	}
	r := reportWith(2, nil)
	r.Verdict.Sided, r.Verdict.Causes = true, map[finding.Cause]int64{finding.CauseLag: 2}
	r.Verdict.Consistent, r.Verdict.Keys = &no, 2
	for commands, want := range map[int64]bool{0: false, 3: true} {
		r.Replay = &replay.Report{}
		r.Replay.Findings = []finding.Finding{{Code: finding.WritesDiscarded, Severity: finding.Warning, Commands: commands}}
		if got := made(r, formatter(), "", "").Headline; strings.Contains(got, "thrown away") != want {
			t.Errorf("%d commands: %q", commands, got)
		}
	}
	r = reportWith(1, nil)
	r.Ending.Parted = true // and something differed before
	if got := made(r, formatter(), "", "").Headline; got != "NOT consistent, and two masters by now: 1 key differs" {
		t.Errorf("%q", got)
	}
}

// What led to it is named with its way; what is there is saved before anything
// changes it; what to do comes once each, and a full sync last, with the addresses
// that are known.
func TestNext(t *testing.T) {
	r := reportWith(2, []byte("k"))
	r.Hosts = []report.Host{{Role: report.Master, Addr: "10.0.0.1:6379"}, {Role: report.Replica, Addr: "10.0.0.2:6380"}}
	r.Diff.Differences[1] = &diff.Difference{Key: []byte("l"), Cause: finding.CauseReEvaluated,
		Evidence: []finding.Evidence{{Divergence: "sort-by-alpha-store"}}}
	r.Verdict.Causes = map[finding.Cause]int64{finding.CauseScriptMissing: 1, finding.CauseReEvaluated: 1}
	r.Verdict.ReplicaVersion = "4.0.2" // which knows no REPLICAOF
	r.Ending.LinkLost = time.Unix(1_700_000_000, 0)
	p := made(r, formatter(), "", "")
	var text strings.Builder
	for _, s := range p.Next {
		text.WriteString(s.What + "\n" + strings.Join(s.Commands, "\n") + "\n")
	}
	at := -1
	for _, want := range []string{
		"redsleuth collect redis://10.0.0.1:6379", "Give every element a weight of its own", "SCRIPT FLUSH on the master",
		"redis-cli -h 10.0.0.1 -p 6379 SCRIPT FLUSH", "redis-cli -h 10.0.0.2 -p 6380 SLAVEOF NO ONE",
		"redis-cli -h 10.0.0.2 -p 6380 SLAVEOF 10.0.0.1 6379",
	} {
		i := strings.Index(text.String(), want)
		if i <= at || strings.Count(text.String(), want) != 1 {
			t.Errorf("%q is at %d, behind %d, in\n%s", want, i, at, text.String())
		}
		at = i
	}
	r.Verdict.Causes = map[finding.Cause]int64{finding.CauseLag: 1}
	for _, d := range r.Diff.Differences {
		d.Cause, d.Evidence = finding.CauseLag, nil
	}
	if lag := fmt.Sprint(made(r, formatter(), "", "").Next); !strings.Contains(lag, "See that the link is up again") ||
		strings.Contains(lag, "Nothing") {
		t.Errorf("of a lag over a link that broke: %s", lag)
	}
	r.Ending, r.Verdict.LosingWrites = report.Ending{Writable: true}, new(bool)
	if open := fmt.Sprint(made(r, formatter(), "", "").Answers); !strings.Contains(open, "Writes of clients to the replica: it can") {
		t.Errorf("of a replica that takes writes: %s", open)
	}
	answers := fmt.Sprint(p.Answers)
	for _, want := range []string{"sort-by-alpha-store", "the link broke at 2023-11-14T22:13:20.000Z"} {
		if !strings.Contains(answers, want) {
			t.Errorf("%q is not in %s", want, answers)
		}
	}
}

// Of two masters, nothing is thrown away before it was looked at.
func TestNextParted(t *testing.T) {
	r := reportWith(1, []byte("k"))
	r.Diff.Differences[0].Cause = finding.CauseDifferentHistory
	r.Verdict.Causes = map[finding.Cause]int64{finding.CauseDifferentHistory: 1}
	r.Ending.Parted = true
	p := made(r, formatter(), "", "")
	text := fmt.Sprint(p.Next)
	look, decide, sync := strings.Index(text, "redsleuth diff"), strings.Index(text, "key by key"),
		strings.Index(text, "REPLICAOF")
	if look < 0 || decide < look || sync < decide || strings.Contains(text, "NO ONE") {
		t.Errorf("%d, %d, %d: %s", look, decide, sync, text)
	}
	if answers := fmt.Sprint(p.Answers); !strings.Contains(answers, "Two masters: yes; until") {
		t.Error(answers)
	}
}

// What a shell makes of a name is the name, whatever is in it.
func TestShellWord(t *testing.T) {
	for _, name := range []string{"", "a.rdb", "-rf", "it's", "a';echo x;'", "$(id) `id` \\ \"", "ä b"} {
		out, err := exec.Command("sh", "-c", "printf %s "+shellWord(name)).Output()
		if got := strings.TrimPrefix(string(out), "./"); err != nil || got != name {
			t.Errorf("%q comes out as %q, %v", name, got, err)
		}
	}
}

// Who did what is told in order, how it began and how it ended, and nothing of what a
// client gave or is called is told under redaction.
func TestActs(t *testing.T) {
	r := reportWith(1, []byte("k"))
	for i := range 8 {
		r.Acts = append(r.Acts, report.Act{Time: time.Unix(1_700_000_000+int64(i), 0), Times: 1, Role: report.Replica,
			Addr: "10.9.8.7:4711", Name: "cron-job", Args: [][]byte{[]byte("config"), []byte("set"), []byte("maxmemory"),
				fmt.Appendf(nil, "12345%d", i)}, Paths: []string{"replica.pcap"}})
	}
	r.Unasked = []report.Unasked{{Time: time.Unix(1_600_000_000, 0), Role: report.Master, What: "asked to end", Why: "nothing says"}}
	answer := func(f *render.BytesFormatter) string {
		p := made(r, f, "", "")
		i := slices.IndexFunc(p.Answers, func(a Answer) bool { return strings.HasPrefix(a.Question, "Who did what") })
		return p.Answers[i].Text + fmt.Sprint(p.Acts)
	}
	text := answer(formatter())
	lines := strings.Split(text, "\n")
	if len(lines) != 7 || !strings.HasPrefix(lines[0], "2020-09-13T12:26:40.000Z, the master: asked to end, by whom is not known") ||
		!strings.Contains(lines[3], "3 more") || !strings.Contains(lines[6], "CONFIG SET maxmemory 123457, by 10.9.8.7:4711") {
		t.Errorf("%q", lines)
	}
	hidden := answer(render.NewBytesFormatter(render.Redacted, []byte("key")))
	for _, secret := range []string{"12345", "10.9.8.7", "cron-job", "replica.pcap"} {
		if !strings.Contains(text, secret) || strings.Contains(hidden, secret) {
			t.Errorf("%s in %s", secret, hidden)
		}
	}
}

// Each reason has an answer of its own, with the names of what was refused.
func TestGoesOn(t *testing.T) {
	none := int64(0)
	r := reportWith(1, []byte("k"))
	r.Ending = report.Ending{MaxMemory: &none}
	r.Refusals = []report.Refusal{
		{Name: "set", Reason: "its memory was at the limit", NoMemory: true, Last: time.Unix(1_700_000_000, 0)},
		{Name: "ltrim", Reason: "it knows no such name", Last: time.Unix(1_700_000_001, 0)},
	}
	text := fmt.Sprint(made(r, formatter(), "", "").Answers)
	for _, want := range []string{
		"SET, refused, as its memory was at the limit: nothing shows that it goes on; the last in its log is of 2023-11-14T22:13:20.000Z",
		"LTRIM, refused, as it knows no such name: yes; with the next one that its master sends",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is not in %s", want, text)
		}
	}
}
