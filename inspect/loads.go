package inspect

import (
	"fmt"

	"github.com/redsleuth/redsleuth/parse/rdb"
	"github.com/redsleuth/redsleuth/parse/rdb/verify"
	"github.com/redsleuth/redsleuth/parse/record"
	"github.com/redsleuth/redsleuth/repl"
	"github.com/redsleuth/redsleuth/server"
)

// Loads is what a server of a version, with the settings that it is shipped
// with, does of an RDB when it starts from it or is sent it in a full resync.
type Loads struct {
	Version server.Version
	Answer  server.Answer
	Why     string // "" where there is nothing to say
}

// loader holds what the reading tells of loading, beside the RDB.
type loader struct {
	out        *RDB
	faults     []verify.Fault
	emptyKeys  int64
	duplicates int
	twice      bool // a script stands twice
	inValue    bool // the reading ended within a value, or a string
	unread     bool // it ends where this program knows no further
	modules    bool // values of modules
	vectorSets bool
}

// loads answers for the version that wrote the dump and those that are asked
// about, each once.
func (l *loader) loads(asked []server.Version) (all []Loads) {
	seen := map[server.Version]bool{}
	for i, v := range append([]server.Version{l.out.Server}, asked...) {
		if v.IsZero() && i > 0 || seen[v] {
			continue
		}
		seen[v] = true
		one := l.by(v)
		if v.IsZero() && one.Why == "" {
			one.Answer, one.Why = server.Unknown, "the dump does not name its server's version"
		}
		all = append(all, one)
	}
	return all
}

// by answers for one version. What is certain to be refused comes before what
// is not known, and that before what is lost on the way.
func (l *loader) by(v server.Version) Loads {
	out, answer := l.out, Loads{Version: v}
	refused := func(format string, args ...any) Loads {
		answer.Answer, answer.Why = server.No, fmt.Sprintf(format, args...)
		return answer
	}
	newest := server.NewestFormat(v, out.Magic)
	switch {
	case !v.IsZero() && out.Version > newest && newest == 0:
		return refused("it reads no RDB of the magic %s", out.Magic)
	case !v.IsZero() && out.Version > newest:
		return refused("the format is version %d, and %d is the newest that it reads", out.Version, newest)
	case l.unread:
		answer.Why = "what stands behind an unknown record was not read"
		return answer
	case out.End == record.Truncated:
		return refused("the dump ends early")
	case out.Checksum.Status == rdb.ChecksumInvalid:
		return refused("the checksum is wrong")
	case out.End != record.Clean && l.inValue && server.ChecksEnvelopes.Of(v) != server.Yes:
		answer.Why = "the reading ended in a value that is broken, and it is not known what it does of it"
		return answer
	case out.End != record.Clean:
		return refused("the dump is damaged")
	case l.twice && server.PanicsOnDuplicateScript.Of(v) == server.Yes:
		return refused("it crashes on a script that stands twice")
	case l.duplicates > 0 && out.Expires == 0:
		return refused("a key stands twice")
	}
	answer.Answer, answer.Why = l.values(v)
	if answer.Answer == server.Yes {
		answer.Answer, answer.Why = l.settings(v)
	}
	if answer.Answer == server.Yes {
		answer.Why = l.remark(v, answer.Why)
	}
	return answer
}

// values judges by the values that are not sound.
func (l *loader) values(v server.Version) (server.Answer, string) {
	answer, why := server.Yes, ""
	for i := range l.faults {
		f := &l.faults[i]
		of := flawRefused(f, v)
		switch {
		case of == server.Yes:
			return server.No, "a value is broken, and it checks for that"
		case of == server.Unknown:
			answer, why = server.Unknown, "a value is broken, and it is not known what it does of it"
		}
	}
	if answer == server.Yes && l.out.Values.Broken > 0 {
		why = "it does not look into the values that are broken"
	}
	return answer, why
}

// fewEntries: a listpack of more is converted while it is loaded, so that its
// entries are looked at after all. Source: the settings set-max-listpack-entries
// and zset-max-listpack-entries as shipped.
const fewEntries = 128

// flawRefused reports whether a server refuses a dump for a value with this
// flaw. No is only answered where it is certain to be loaded unseen.
func flawRefused(f *verify.Fault, v server.Version) server.Answer {
	if f.Kind == verify.Unread {
		return server.Unknown
	}
	if server.ChecksValues.Of(v) == server.Yes {
		return yesOr(deepFlaw(f))
	}
	flaw := rdb.FlawOf(f.Err)
	switch {
	case f.Kind == verify.Repeated:
		return repeatedRefused(f, v)
	case flaw == rdb.FlawEnvelope:
		return yesOr(server.ChecksEnvelopes.Of(v) == server.Yes)
	case flaw == rdb.FlawCompressed:
		return yesOr(server.ChecksEnvelopes.Of(v) == server.Yes)
	case flaw == rdb.FlawEntries:
		return entriesRefused(f, v)
	case flaw == rdb.FlawNaN:
		return yesOr(server.ChecksMembers.Of(v) == server.Yes)
	case flaw == rdb.FlawIndex:
		return yesOr(server.ChecksStreamNames.Of(v) == server.Yes)
	case flaw == rdb.FlawOwners:
		return yesOr(server.ChecksOwners.Of(v) == server.Yes)
	case flaw == rdb.FlawLength && server.ChecksStreamNames.Of(v) == server.Yes:
		return server.No
	}
	return server.Unknown
}

func yesOr(refused bool) server.Answer {
	if refused {
		return server.Yes
	}
	return server.Unknown
}

// deepFlaw: what deep checks of servers look at too. What else reading tells is
// this program's own.
func deepFlaw(f *verify.Fault) bool {
	switch rdb.FlawOf(f.Err) {
	case rdb.FlawOther, rdb.FlawCounts:
		return f.Kind == verify.Repeated && f.Type != rdb.TypeHash
	}
	return f.Kind != verify.Repeated || f.Type != rdb.TypeHash
}

func repeatedRefused(f *verify.Fault, v server.Version) server.Answer {
	switch f.Type {
	case rdb.TypeSet, rdb.TypeZSet, rdb.TypeZSet2:
		return yesOr(server.ChecksMembers.Of(v) == server.Yes)
	case rdb.TypeHashZipmap, rdb.TypeHashZiplist, rdb.TypeZSetZiplist:
		return yesOr(server.ConvertsZiplists.Of(v) == server.Yes)
	}
	return entriesRefused(f, v)
}

// entriesRefused: entries of ziplists are converted, those of short listpacks
// are stepped over as a whole.
func entriesRefused(f *verify.Fault, v server.Version) server.Answer {
	switch f.Type {
	case rdb.TypeHashZipmap, rdb.TypeListZiplist, rdb.TypeListQuicklist, rdb.TypeHashZiplist,
		rdb.TypeZSetZiplist:
		return yesOr(server.ConvertsZiplists.Of(v) == server.Yes)
	case rdb.TypeHashListpack, rdb.TypeZSetListpack, rdb.TypeSetListpack, rdb.TypeListQuicklist2:
		if server.ConvertsZiplists.Of(v) == server.Yes && f.Elements > 0 && f.Elements <= fewEntries {
			return server.No
		}
	}
	return server.Unknown
}

// defaultDatabases is how many a server has as shipped.
const defaultDatabases = 16

// settings judges by what the server would have to be set up with.
func (l *loader) settings(v server.Version) (server.Answer, string) {
	out := l.out
	for _, db := range out.Databases {
		if db.DB != repl.Unknown && db.DB >= defaultDatabases {
			return server.Unknown, fmt.Sprintf("only with a setting of more than %d databases", db.DB)
		}
	}
	switch {
	case l.modules || len(out.ModuleAux) > 0 || l.vectorSets && server.HasVectorSets.Of(v) != server.Yes:
		return server.Unknown, "only with the modules whose values it holds"
	case l.duplicates > 0:
		return server.Unknown, "a key stands twice, which is refused unless one of the two has expired"
	case out.Values.Quick:
		return server.Unknown, "values were not opened"
	case out.DuplicatesUntil > 0:
		return server.Unknown, "not all keys were looked at for duplicates"
	case len(l.faults) > 0:
		return server.Yes, "it does not look into the values that are broken"
	}
	return server.Yes, ""
}

// remark says what is lost or dangerous of a dump that is loaded.
func (l *loader) remark(v server.Version, why string) string {
	if l.emptyKeys > 0 && server.DropsEmptyKeys.Of(v) == server.Yes {
		why = join(why, fmt.Sprintf("it drops the keys without elements (%d)", l.emptyKeys))
	}
	if len(l.out.Functions) > 0 {
		why = join(why, "if its function libraries compile, which is not checked")
	}
	if len(l.out.Scripts) > 0 && server.PanicsOnDuplicateScript.Of(v) == server.Yes {
		why = join(why, "at a start; in a full resync it crashes on a script that it knows already")
	}
	return why
}

func join(a, b string) string {
	if a == "" {
		return b
	}
	return a + "; " + b
}
