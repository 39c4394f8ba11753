package engine

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/redsleuth/redsleuth/diff"
	"github.com/redsleuth/redsleuth/parse/crc64"
	"github.com/redsleuth/redsleuth/parse/rdb"
)

// Put gives the engine a key: by RESTORE with the bytes of the dump where it
// knows the type, else by commands that build the value.
func (e *Engine) Put(ctx context.Context, db int, key []byte, v *diff.Value) error {
	if v.Large {
		return ErrUnfit
	}
	if err := e.selectDB(ctx, db); err != nil {
		return err
	}
	if e.restorable(v) {
		ttl := int64(0)
		if v.HasExpire {
			ttl = v.ExpireAt + shift
		}
		err := e.conn.Do(ctx, "RESTORE", key, ttl, e.payload(v), "ABSTTL").Err()
		if err == nil || !isReply(err) {
			return err
		}
	}
	return e.build(ctx, db, key, v)
}

func (e *Engine) restorable(v *diff.Value) bool {
	first, known := firstFormat[v.Type]
	return e.restores && v.Raw != nil && known && first <= e.format
}

// firstFormat is the version of the format that brought a type; RESTORE of an
// engine with that version or a later one takes it.
var firstFormat = map[rdb.Type]int{
	rdb.TypeString: 1, rdb.TypeList: 1, rdb.TypeSet: 1, rdb.TypeZSet: 1, rdb.TypeHash: 1, rdb.TypeZSet2: 8,
	rdb.TypeModule2: 8, rdb.TypeHashZipmap: 2, rdb.TypeListZiplist: 2, rdb.TypeSetIntset: 2, rdb.TypeZSetZiplist: 2,
	rdb.TypeHashZiplist: 4, rdb.TypeListQuicklist: 7, rdb.TypeStream: 9, rdb.TypeHashListpack: 10,
	rdb.TypeZSetListpack: 10, rdb.TypeListQuicklist2: 10, rdb.TypeStream2: 10, rdb.TypeSetListpack: 11,
	rdb.TypeStream3: 11, rdb.TypeHashTTL: 12, rdb.TypeHashListpackTTL: 12, rdb.TypeStream4: 13, rdb.TypeStream5: 14,
	rdb.TypeArray: 14,
}

// payload is the value as RESTORE wants it: type, value, version, checksum.
func (e *Engine) payload(v *diff.Value) []byte {
	b := append([]byte{byte(v.Type)}, v.Raw...)
	b = binary.LittleEndian.AppendUint16(b, uint16(e.format))
	return binary.LittleEndian.AppendUint64(b, crc64.Update(0, b))
}

// build makes the value by commands.
func (e *Engine) build(ctx context.Context, db int, key []byte, v *diff.Value) error {
	steps, err := e.builders(db, key, v)
	if err != nil {
		return err
	}
	if v.HasExpire {
		steps = append(steps, step(db, "PEXPIREAT", key, strconv.AppendInt(nil, v.ExpireAt+shift, 10)))
	}
	refused, err := e.Apply(ctx, steps)
	if err != nil {
		return err
	}
	for _, err := range refused {
		return fmt.Errorf("%w: %w", ErrUnfit, err)
	}
	return nil
}

func step(db int, name string, args ...[]byte) Step {
	return Step{db, append([][]byte{[]byte(name)}, args...)}
}

func (e *Engine) builders(db int, key []byte, v *diff.Value) ([]Step, error) {
	var steps []Step
	for i := range v.Elements {
		el := &v.Elements[i]
		switch el.Kind {
		case rdb.ElementBytes:
			steps = append(steps, step(db, map[rdb.Object]string{
				rdb.ObjectString: "SET", rdb.ObjectList: "RPUSH", rdb.ObjectSet: "SADD",
			}[v.Object], key, el.Member))
		case rdb.ElementField:
			steps = append(steps, step(db, "HSET", key, el.Member, el.Value))
			if el.ExpireAt != rdb.NoExpiry {
				steps = append(steps, step(db, "HPEXPIREAT", key, strconv.AppendInt(nil, el.ExpireAt+shift, 10), []byte("FIELDS"), []byte("1"), el.Member))
			}
		case rdb.ElementScore:
			steps = append(steps, step(db, "ZADD", key, strconv.AppendFloat(nil, el.Score, 'g', 17, 64), el.Member))
		case rdb.ElementEntry:
			steps = append(steps, step(db, "XADD", append([][]byte{key, idBytes(el.ID)}, el.Fields...)...))
		case rdb.ElementStream:
			if el.Stream.Length == 0 {
				steps = append(steps, step(db, "XGROUP", []byte("CREATE"), key, []byte("redsleuth"), []byte("0"), []byte("MKSTREAM")),
					step(db, "XGROUP", []byte("DESTROY"), key, []byte("redsleuth")))
			}
			steps = append(steps, step(db, "XSETID", key, idBytes(el.Stream.LastID)))
		case rdb.ElementGroup:
			steps = append(steps, groupSteps(db, key, el.Group)...)
		case rdb.ElementIndex:
			steps = append(steps, step(db, "ARSET", key, strconv.AppendUint(nil, el.Index, 10), el.Value))
		case rdb.ElementArray, rdb.ElementProducer, rdb.ElementIdempotence:
		default:
			return nil, ErrUnfit
		}
	}
	return steps, nil
}

// groupSteps makes a consumer group with its pending entries.
func groupSteps(db int, key []byte, g *rdb.Group) []Step {
	steps := []Step{step(db, "XGROUP", []byte("CREATE"), key, g.Name, idBytes(g.LastID))}
	for i := range g.Consumers {
		steps = append(steps, step(db, "XGROUP", []byte("CREATECONSUMER"), key, g.Name, g.Consumers[i].Name))
	}
	for i := range g.Pending {
		p := &g.Pending[i]
		if p.Consumer < 0 || p.Consumer >= len(g.Consumers) {
			continue
		}
		steps = append(steps, step(db, "XCLAIM", key, g.Name, g.Consumers[p.Consumer].Name, []byte("0"), idBytes(p.ID),
			[]byte("TIME"), strconv.AppendInt(nil, p.DeliveredAt, 10), []byte("RETRYCOUNT"), strconv.AppendUint(nil, p.Deliveries, 10),
			[]byte("FORCE"), []byte("JUSTID")))
	}
	return steps
}

func idBytes(id rdb.StreamID) []byte { return fmt.Appendf(nil, "%d-%d", id.Ms, id.Seq) }

// Get reads a key back; nil for one that is not there. Its expiry is the one
// that it would have had at the time of the incident.
func (e *Engine) Get(ctx context.Context, db int, key []byte) (*diff.Value, error) {
	if err := e.selectDB(ctx, db); err != nil {
		return nil, err
	}
	v, err := e.read(ctx, key)
	if v == nil || err != nil {
		return nil, err
	}
	ttl, err := e.conn.Do(ctx, "PTTL", key).Int64()
	if ttl >= 0 {
		v.HasExpire, v.ExpireAt = true, time.Now().UnixMilli()+ttl-shift
	}
	return v, err
}

func (e *Engine) read(ctx context.Context, key []byte) (*diff.Value, error) {
	if !e.restores {
		return e.readByType(ctx, key)
	}
	dump, err := e.conn.Do(ctx, "DUMP", key).Text()
	if errors.Is(err, redis.Nil) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return diff.FromDump([]byte(dump))
}

// readByType asks for the value in the way of its type, for an engine whose
// DUMP is its own.
func (e *Engine) readByType(ctx context.Context, key []byte) (*diff.Value, error) {
	kind, err := e.conn.Do(ctx, "TYPE", key).Text()
	if err != nil || kind == "none" {
		return nil, err
	}
	v := &diff.Value{}
	var all []string
	switch kind {
	case "string":
		v.Object = rdb.ObjectString
		var text string
		text, err = e.conn.Do(ctx, "GET", key).Text()
		all = []string{text}
	case "list":
		v.Object = rdb.ObjectList
		all, err = e.conn.Do(ctx, "LRANGE", key, 0, -1).StringSlice()
	case "set":
		v.Object = rdb.ObjectSet
		all, err = e.conn.Do(ctx, "SMEMBERS", key).StringSlice()
	case "hash":
		v.Object = rdb.ObjectHash
		all, err = e.conn.Do(ctx, "HGETALL", key).StringSlice()
	case "zset":
		v.Object = rdb.ObjectZSet
		all, err = e.conn.Do(ctx, "ZRANGE", key, 0, -1, "WITHSCORES").StringSlice()
	default:
		return nil, ErrUnfit
	}
	if err != nil {
		return nil, err
	}
	return v, elementsOf(v, all)
}

// elementsOf turns a reply into the elements of v.
func elementsOf(v *diff.Value, all []string) error {
	for i := 0; i < len(all); i++ {
		el := rdb.Element{Kind: rdb.ElementBytes, Member: []byte(all[i]), ExpireAt: rdb.NoExpiry}
		switch v.Object {
		case rdb.ObjectHash, rdb.ObjectZSet:
			if i++; i == len(all) {
				return fmt.Errorf("a reply of %d strings where pairs were asked for", len(all))
			}
			if v.Object == rdb.ObjectHash {
				el.Kind, el.Value = rdb.ElementField, []byte(all[i])
				break
			}
			score, err := strconv.ParseFloat(all[i], 64)
			if err != nil {
				return err
			}
			el.Kind, el.Score = rdb.ElementScore, score
		}
		v.Elements = append(v.Elements, el)
	}
	v.Held.Elements = int64(len(v.Elements))
	return nil
}
