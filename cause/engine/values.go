package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/redsleuth/redsleuth/parse/rdb"
	"github.com/redsleuth/redsleuth/value"
)

// Put gives the engine a key: by RESTORE with the bytes of the dump where it
// knows the type, else by commands that build the value.
func (e *Engine) Put(ctx context.Context, db int, key []byte, v *value.Value) error {
	if v.Large {
		return ErrUnfit
	}
	if err := e.selectDB(ctx, db); err != nil {
		return err
	}
	later := shifted(v)
	if e.restores && v.Stored != nil && value.HasType(e.format, v.Type) {
		payload, err := v.RestorePayload(e.format)
		if err != nil {
			return fmt.Errorf("%w: %w", ErrUnfit, err)
		}
		err = e.conn.Do(ctx, "RESTORE", key, max(later.ExpireAt, 0), payload, "ABSTTL").Err()
		if err == nil || !isReply(err) {
			return err
		}
	}
	return e.build(ctx, db, key, later)
}

// shifted is the value with its expiries moved as all times of an engine are;
// an ExpireAt of 0 is none.
func shifted(v *value.Value) *value.Value {
	later := new(*v)
	later.ExpireAt = 0
	if v.HasExpire {
		later.ExpireAt = v.ExpireAt + shift
	}
	later.Elements = slices.Clone(v.Elements)
	for i := range later.Elements {
		if e := &later.Elements[i]; e.ExpireAt != rdb.NoExpiry {
			e.ExpireAt += shift
		}
	}
	return later
}

// build makes the value by commands.
func (e *Engine) build(ctx context.Context, db int, key []byte, v *value.Value) error {
	commands, loss := v.Commands(key, e.format)
	if loss == value.LosesContent {
		return ErrUnfit
	}
	steps := make([]Step, len(commands))
	for i, args := range commands {
		steps[i] = Step{db, args}
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

// Get reads a key back; nil for one that is not there. Its expiry is the one
// that it would have had at the time of the incident.
func (e *Engine) Get(ctx context.Context, db int, key []byte) (*value.Value, error) {
	if err := e.selectDB(ctx, db); err != nil {
		return nil, err
	}
	v, err := e.read(ctx, key)
	if v == nil || err != nil {
		return nil, err
	}
	ttl, err := e.conn.Do(ctx, "PTTL", key).Int64()
	expires(v, ttl)
	return v, err
}

// expires gives a value the expiry that it would have had at the time of the incident,
// as what PTTL replied and its fields tell it.
func expires(v *value.Value, ttl int64) {
	if ttl >= 0 {
		v.HasExpire, v.ExpireAt = true, time.Now().UnixMilli()+ttl-shift
	}
	for i := range v.Elements {
		if el := &v.Elements[i]; el.Kind == rdb.ElementField && el.ExpireAt != rdb.NoExpiry {
			el.ExpireAt -= shift
		}
	}
}

// A Key is one in a database.
type Key struct {
	DB   int
	Name []byte
}

// Each is Get of several keys, told in their order, with the error of each: all are
// asked for before the first reply is read. An error of see ends it.
func (e *Engine) Each(ctx context.Context, keys []Key, see func(i int, v *value.Value, err error) error) error {
	if !e.restores {
		for i, k := range keys {
			v, err := e.Get(ctx, k.DB, k.Name)
			if err := see(i, v, err); err != nil {
				return err
			}
		}
		return nil
	}
	pipe := e.conn.Pipeline()
	dumps, ttls := make([]*redis.Cmd, len(keys)), make([]*redis.Cmd, len(keys))
	for i, k := range keys {
		if k.DB != e.db {
			pipe.Do(ctx, "SELECT", k.DB)
			e.db = k.DB
		}
		dumps[i], ttls[i] = pipe.Do(ctx, "DUMP", k.Name), pipe.Do(ctx, "PTTL", k.Name)
	}
	if _, err := pipe.Exec(ctx); err != nil && !isReply(err) && !errors.Is(err, redis.Nil) {
		return fmt.Errorf("the engine: %w", err)
	}
	for i := range keys {
		v, err := dumped(dumps[i])
		if v != nil && err == nil {
			var ttl int64
			ttl, err = ttls[i].Int64()
			expires(v, ttl)
		}
		if err := see(i, v, err); err != nil {
			return err
		}
	}
	return nil
}

// SeveralScores reports whether a sorted set holds members of different scores.
func (e *Engine) SeveralScores(ctx context.Context, db int, key []byte) (bool, error) {
	if err := e.selectDB(ctx, db); err != nil {
		return false, err
	}
	var scores [2]string
	for i, rank := range []int{0, -1} {
		reply, err := e.conn.Do(ctx, "ZRANGE", key, rank, rank, "WITHSCORES").StringSlice()
		if err != nil && !isReply(err) {
			return false, err
		}
		if len(reply) == 2 {
			scores[i] = reply[1]
		}
	}
	return scores[0] != scores[1], nil
}

func (e *Engine) read(ctx context.Context, key []byte) (*value.Value, error) {
	if !e.restores {
		return e.readByType(ctx, key)
	}
	return dumped(e.conn.Do(ctx, "DUMP", key))
}

// dumped is the value that DUMP replied; nil for none.
func dumped(reply *redis.Cmd) (*value.Value, error) {
	dump, err := reply.Text()
	if errors.Is(err, redis.Nil) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return value.FromDump([]byte(dump))
}

// readByType asks for the value in the way of its type, for an engine whose
// DUMP is its own.
func (e *Engine) readByType(ctx context.Context, key []byte) (*value.Value, error) {
	kind, err := e.conn.Do(ctx, "TYPE", key).Text()
	if err != nil || kind == "none" {
		return nil, err
	}
	v := &value.Value{}
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
func elementsOf(v *value.Value, all []string) error {
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
	v.Count = int64(len(v.Elements))
	return nil
}
