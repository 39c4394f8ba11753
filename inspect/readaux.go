package inspect

import (
	"crypto/sha1"
	"encoding/hex"

	"github.com/redsleuth/redsleuth/finding"
	"github.com/redsleuth/redsleuth/parse/rdb"
	"github.com/redsleuth/redsleuth/parse/record"
)

// auxKept is how many fields of one name are kept: KeyDB writes one with every
// key.
const auxKept = 4

// maxAux is how many fields are kept at all: servers write a dozen.
const maxAux = 4 << 10

// auxSeen: so many fields of a name are kept, the last of them at this place.
type auxSeen struct{ kept, last int }

// other takes in a record that is no key.
func (r *rdbReader) other(rec *rdb.Record) {
	switch rec.Kind {
	case rdb.KindHeader:
		r.header(rec)
	case rdb.KindAux:
		r.aux(rec)
	case rdb.KindFunction:
		if len(r.out.Functions) < r.in.options.Limits.MaxDistinct {
			r.out.Functions = append(r.out.Functions, readLibrary(rec))
		}
	case rdb.KindModuleAux:
		if len(r.out.ModuleAux) < r.in.options.Limits.MaxDistinct {
			r.out.ModuleAux = append(r.out.ModuleAux, string(rec.Name))
		}
	case rdb.KindSlotImport:
		r.out.SlotImports++
	case rdb.KindHashTemplate:
		r.out.HashTemplates++
	case rdb.KindSlotInfo:
		r.out.Slots++
	case rdb.KindUpdate:
		r.out.Updates++
	case rdb.KindResizeDB:
		r.announced(rec)
	case rdb.KindEnd:
		r.out.Checksum = rec.Checksum
		r.checksum(rec)
	}
}

// header takes in the magic and the version, and what is before them.
func (r *rdbReader) header(rec *rdb.Record) {
	r.out.Magic, r.out.Version = rec.Magic, rec.Version
	r.out.Valkey = rec.Magic == "VALKEY"
	if r.second != nil {
		r.second.header = rdb.Header{Magic: rec.Magic, Version: rec.Version}
	}
	if rec.Byte > 0 && r.link == nil {
		r.leading(rec.Byte)
	}
	if newest := rdb.NewestVersion(rec.Magic); rec.Version > newest {
		r.in.find(r.at(finding.FormatNewer, finding.Warning, rec.Byte,
			"version %d of the format is newer than %d, the newest that is known here: what it added "+
				"may be told wrongly", rec.Version, newest))
	}
}

func (r *rdbReader) aux(rec *rdb.Record) {
	out := r.out
	switch string(rec.Name) {
	case "lua":
		r.script(rec)
		return
	case "slot-info":
		out.Slots++
		return
	case "valkey-ver":
		out.Valkey = true
	}
	r.memory.aux(rec)
	r.origin.Aux(rec.Name, rec.Value)
	if created := r.origin.Created; !created.Equal(out.CreatedAt) {
		out.CreatedAt = created
		if r.in.options.Now.IsZero() {
			out.JudgedAt, out.Judged = created.UnixMilli()+999, true
		}
	}
	seen := r.auxSeen[string(rec.Name)]
	if seen.kept == auxKept {
		out.Aux[seen.last].Count++
		return
	}
	if len(out.Aux) >= min(maxAux, r.in.options.Limits.MaxDistinct) {
		out.AuxLeftOut++
		return
	}
	r.auxSeen[string(rec.Name)] = auxSeen{seen.kept + 1, len(out.Aux)}
	out.Aux = append(out.Aux, Aux{
		1, rec.Byte, append([]byte{}, rec.Name...), append([]byte{}, rec.Value...),
	})
}

// script takes in a script that the server kept in the dump.
func (r *rdbReader) script(rec *rdb.Record) {
	sum := sha1.Sum(rec.Value)
	sha := hex.EncodeToString(sum[:])
	if s := r.scripts[sha]; s != nil {
		s.Count++
		r.duplicateScript(sha, rec.Byte)
		return
	}
	if len(r.scripts) >= r.in.options.Limits.MaxDistinct {
		return
	}
	s := &Script{
		SHA1: sha, Bytes: int64(len(rec.Value)), Count: 1, Byte: rec.Byte, Offset: record.Unknown, As: "rdb-aux",
	}
	r.scripts[sha] = s
	r.out.Scripts = append(r.out.Scripts, s)
}
