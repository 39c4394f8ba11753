package histories

import (
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strings"

	"github.com/redsleuth/redsleuth/internal/program"
)

// replayDocument is what is read of replay --output json.
type replayDocument struct {
	Findings []foundFinding
	Versions []struct {
		ServerVersion string `json:"server_version"`
		Findings      []foundFinding
		// OwnDump is the other question, of upgrades: it is there where Findings
		// answers the first one.
		OwnDump *struct{} `json:"own_dump"`
	}
}

type foundFinding struct {
	Code, Severity, Message string
	Offset                  *int64
	Commands                int64
}

// diffDocument is what is read of diff --output json.
type diffDocument struct {
	Differences []struct {
		DB         int
		Key        string
		Cause      string
		Confidence *string
	}
}

// Check makes the history of a seed, records it, and holds redsleuth's answers
// against the model. It returns each disagreement in a line, and keeps the
// artefacts in a folder below dir if there are any.
func Check(redsleuth program.Program, dir string, seed uint64, withDiff bool) (disagreements []string, err error) {
	h := Make(seed)
	random := rand.New(rand.NewPCG(seed, 1549))
	folder, err := os.MkdirTemp(dir, fmt.Sprintf("history-%d-", seed))
	if err != nil {
		return nil, err
	}
	from := 0
	if random.IntN(4) == 0 { // a recording that begins late
		from = random.IntN(len(h.connections))
	}
	rec, err := h.record(folder, from, random.IntN(4) == 0, random)
	if err != nil {
		return nil, err
	}
	k := checker{redsleuth: redsleuth, h: h, rec: rec}
	if err := k.replay(random); err != nil {
		return nil, err
	}
	if withDiff && from == 0 && !rec.ambiguous && !h.truth.dead { // who died saves no dump
		if err := k.diff(); err != nil {
			return nil, err
		}
	}
	if len(k.wrong) == 0 {
		return nil, os.RemoveAll(folder)
	}
	return append([]string{h.String() + " (" + folder + ")"}, k.wrong...), nil
}

type checker struct {
	redsleuth program.Program
	h         *History
	rec       *recording
	wrong     []string
}

func (k *checker) complain(format string, args ...any) {
	k.wrong = append(k.wrong, "  "+fmt.Sprintf(format, args...))
}

// replay asks for the replica's own version, and what another one would have
// made of the same.
func (k *checker) replay(random *rand.Rand) error {
	if k.rec.ambiguous {
		return nil
	}
	asked := []version{k.h.replica}
	if other, ok := k.another(random); ok {
		asked = append(asked, other)
	}
	var list []string
	for _, v := range asked {
		list = append(list, v.flag())
		doc, err := k.ask(v.flag())
		if err != nil {
			return err
		}
		mishaps, toCome := k.follow(v)
		k.compare("as "+v.flag(), counted(mishaps), counted(toCome), doc.Findings)
	}
	if len(list) > 1 {
		return k.list(asked, strings.Join(list, ","))
	}
	return nil
}

// list asks for several versions at once: each has the row that it alone would
// have been told.
func (k *checker) list(asked []version, flag string) error {
	doc, err := k.ask(flag)
	if err != nil {
		return err
	}
	if len(doc.Versions) != len(asked) {
		k.complain("a list of %d versions has %d rows", len(asked), len(doc.Versions))
		return nil
	}
	for i, row := range doc.Versions {
		if !asked[i].same(row.ServerVersion) {
			k.complain("row %d of the list is %s, not %s", i, row.ServerVersion, asked[i].flag())
		}
		if row.OwnDump == nil {
			continue
		}
		mishaps, toCome := k.follow(asked[i])
		k.compare("listed as "+asked[i].flag(), counted(mishaps), counted(toCome), row.Findings)
	}
	return nil
}

// another picks a version that could have been in the replica's place: that
// loads what the replica loaded, and tells as much in its dumps.
func (k *checker) another(random *rand.Rand) (version, bool) {
	v := versions[random.IntN(len(versions))]
	fits := v != k.h.replica && v.loads(k.h.master) && v.loads(k.h.replica) &&
		v.keepsDatabase() == k.h.replica.keepsDatabase()
	theirs, _ := k.follow(v)
	ours, _ := k.follow(k.h.replica)
	return v, fits && dies(theirs) == dies(ours)
}

func dies(mishaps []mishap) bool {
	return slices.ContainsFunc(mishaps, func(m mishap) bool { return m.code == duplicate })
}

// follow is what becomes of both replicas' connections, if there are two.
func (k *checker) follow(v version) (mishaps, toCome []mishap) {
	for _, connections := range [][]*connection{k.rec.connections, k.rec.others} {
		model, open := follow(v, connections)
		mishaps, toCome = append(mishaps, model.mishaps...), append(toCome, open...)
	}
	return mishaps, toCome
}

func (k *checker) ask(versions string) (*replayDocument, error) {
	all := append([]string{"replay", "--server-version", versions}, k.rec.streams...)
	for _, base := range slices.Concat(k.rec.bases, k.rec.otherBases) {
		all = append(all, "--base", base)
	}
	var doc replayDocument
	_, err := k.redsleuth.JSON(&doc, all...)
	return &doc, err
}

// compare holds findings against the model's mishaps: the same errors at the
// same offsets, as often, and no other error or warning.
func (k *checker) compare(how string, expected, may map[string]int64, findings []foundFinding) {
	for _, f := range findings {
		if f.Severity == "info" {
			continue
		}
		name := f.Code
		if f.Offset != nil {
			name = fmt.Sprintf("%s at %d", f.Code, *f.Offset)
		}
		times := int64(1) // where a stretch is run twice, its mishaps happen twice
		if f.Code == selectLost {
			times = f.Commands
		}
		switch {
		case expected[name] >= times:
			expected[name] -= times
		case expected[name]+may[name] >= times:
			expected[name], may[name] = 0, expected[name]+may[name]-times
		case k.allowed(f):
		default:
			k.complain("%s: %s: happened %d times less: %s", how, name, times-expected[name], f.Message)
			expected[name] = 0
		}
	}
	for name, n := range expected {
		if n > 0 {
			k.complain("%s: %s happened %d times more", how, name, n)
		}
	}
}

// counted is how often each mishap happened, by code and offset.
func counted(mishaps []mishap) map[string]int64 {
	all := map[string]int64{}
	for _, m := range mishaps {
		all[fmt.Sprintf("%s at %d", m.code, m.offset)]++
	}
	return all
}

// allowed: a warning of what the recording lacks is no fault of the history: a
// transaction that is open at its end, or a restart at its beginning from a dump
// that does not tell the database.
func (k *checker) allowed(f foundFinding) bool {
	first := k.rec.connections[0]
	return f.Severity == "warning" && (f.Code == "transaction-open" ||
		f.Code == selectLost && f.Offset != nil && *f.Offset == first.offset && first.from != nil)
}

// diff compares the dumps at the end, with all that was recorded.
func (k *checker) diff() error {
	args := []string{"diff", k.rec.master, k.rec.replica}
	for _, s := range k.rec.streams {
		args = append(args, "--stream", s)
	}
	for _, b := range k.rec.bases {
		args = append(args, "--replica-before", b)
	}
	var doc diffDocument
	if _, err := k.redsleuth.JSON(&doc, args...); err != nil {
		return err
	}
	k.compareDifferences(&doc, k.h.differences())
	return nil
}

func (k *checker) compareDifferences(doc *diffDocument, expected harm) {
	for _, d := range doc.Differences {
		p := place{d.DB, d.Key}
		causes, ok := expected[p]
		confidence := "no confidence"
		if d.Confidence != nil {
			confidence = *d.Confidence
		}
		switch {
		case !ok:
			k.complain("diff: %s in db %d does not differ", d.Key, d.DB)
		case !causes[d.Cause] && d.Cause != "unexplained":
			k.complain("diff: %s in db %d: %s (%s), and it was %v", d.Key, d.DB, d.Cause, confidence, names(causes))
		}
		delete(expected, p)
	}
	for p, causes := range expected {
		k.complain("diff: %s in db %d was not found to differ, by %v", p.key, p.db, names(causes))
	}
}

func names(causes map[string]bool) string {
	var all []string
	for c := range causes {
		all = append(all, c)
	}
	slices.Sort(all)
	return strings.Join(all, ", ")
}

// differences is each key that the two hold differently, with what may be the
// cause of it.
func (h *History) differences() harm {
	all := harm{}
	master, replica := h.masterDump.data, h.replicaDump.data
	for _, side := range []keyspace{master, replica} {
		for db, keys := range side {
			for key := range keys {
				m, inMaster := master[db][key]
				r, inReplica := replica[db][key]
				if m == r && inMaster == inReplica {
					continue
				}
				p := place{db, key}
				all[p] = map[string]bool{}
				for _, marks := range []harm{h.lagging, h.truth.harm} {
					for code := range marks[p] {
						all.mark(code, p)
					}
				}
				if h.masterDump.id != h.replicaDump.id { // it was promoted since
					all.mark(differentHistory, p)
				}
			}
		}
	}
	return all
}
