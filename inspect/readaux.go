package inspect

import (
	"crypto/sha1"
	"encoding/hex"

	"github.com/redsleuth/redsleuth/parse/rdb"
	"github.com/redsleuth/redsleuth/parse/record"
)

// other takes in a record that is no key.
func (r *rdbReader) other(rec *rdb.Record) {
	switch rec.Kind {
	case rdb.KindHeader:
		r.out.Magic, r.out.Version = rec.Magic, rec.Version
		r.out.Valkey = rec.Magic == "VALKEY"
		if r.second != nil {
			r.second.header = rdb.Header{Magic: rec.Magic, Version: rec.Version}
		}
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
	r.origin.Aux(rec.Name, rec.Value)
	if created := r.origin.Created; !created.Equal(out.CreatedAt) {
		out.CreatedAt = created
		if r.in.options.Now.IsZero() {
			out.JudgedAt, out.Judged = created.UnixMilli()+999, true
		}
	}
	if len(out.Aux) >= r.in.options.Limits.MaxDistinct {
		out.AuxLeftOut++
		return
	}
	out.Aux = append(out.Aux, Aux{
		rec.Byte, append([]byte{}, rec.Name...), append([]byte{}, rec.Value...),
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
