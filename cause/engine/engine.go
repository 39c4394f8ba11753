// Package engine applies the commands of a stream to the values of a dump by a
// real engine, to prove what they lead to: a redis-server or valkey-server of
// its own, one that the user names, or the embedded miniredis.
//
// The engine is given nothing but the keys concerned. All times are moved
// into the future, so that nothing expires there unless a command says so,
// which is how a replica treats its keys.
package engine

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/redsleuth/redsleuth/server"
	"github.com/redsleuth/redsleuth/value"
)

// ErrUnfit: the engine can't hold such a value.
var ErrUnfit = errors.New("the engine can't hold this value")

// An Engine is a server that applies commands.
type Engine struct {
	// Name is what decided, with its version: "redis-server 7.0.15".
	Name string
	// Version is the server's; zero for the embedded engine.
	Version server.Version

	conn     *redis.Conn
	close    func() error
	restores bool // it has RESTORE and DUMP of the servers' own format
	format   int  // the newest RDB version that its RESTORE takes
	db       int  // selected
}

// A Step is one command in a database.
type Step struct {
	DB   int
	Args [][]byte
}

// Close stops the engine, if it was started here.
func (e *Engine) Close() error { return errors.Join(e.conn.Close(), e.close()) }

// open makes an engine of a connection.
func open(ctx context.Context, client *redis.Client, name string, restores bool, closing func() error) (*Engine, error) {
	e := &Engine{Name: name, conn: client.Conn(), restores: restores}
	e.close = func() error { return errors.Join(client.Close(), closing()) }
	if !restores {
		return e, nil
	}
	version, err := e.version(ctx)
	if err != nil {
		return nil, errors.Join(err, e.Close())
	}
	e.Name += " " + version.name
	if e.Version, err = server.Parse(version.family + " " + version.name); err != nil {
		e.Version = server.Version{} // of a build that calls itself something else
	}
	if e.format, err = e.probeFormat(ctx); err != nil {
		return nil, errors.Join(err, e.Close())
	}
	return e, nil
}

// named is a version as a server tells it.
type named struct{ family, name string }

// version asks INFO for the version of the server.
func (e *Engine) version(ctx context.Context) (named, error) {
	info, err := e.conn.Do(ctx, "INFO", "server").Text()
	if err != nil {
		return named{}, fmt.Errorf("asking the engine for its version: %w", err)
	}
	version := ""
	for line := range strings.Lines(info) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), ":")
		switch {
		case name == "valkey_version":
			return named{"valkey", value}, nil
		case name == "redis_version":
			version = value
		}
	}
	return named{"redis", version}, nil
}

// probeFormat has the engine dump a value, to see the version of its format.
func (e *Engine) probeFormat(ctx context.Context) (int, error) {
	const probe = "redsleuth:probe"
	if err := e.conn.Do(ctx, "SET", probe, "1").Err(); err != nil {
		return 0, fmt.Errorf("writing to the engine: %w", err)
	}
	dump, err := e.conn.Do(ctx, "DUMP", probe).Text()
	if err != nil {
		return 0, fmt.Errorf("dumping a value of the engine: %w", err)
	}
	v, err := value.FromDump([]byte(dump))
	if err != nil {
		return 0, err
	}
	return v.Header.Version, e.conn.Do(ctx, "DEL", probe).Err()
}

// Reset empties the engine, also of the scripts that it was sent: a server keeps each
// for good, and grows slow as they come to be many. One that forbids that keeps them.
func (e *Engine) Reset(ctx context.Context) error {
	if err := e.conn.Do(ctx, "FLUSHALL").Err(); err != nil {
		return err
	}
	if err := e.conn.Do(ctx, "SCRIPT", "FLUSH").Err(); err != nil && !isReply(err) {
		return err
	}
	return nil
}

// batch is how many commands are sent before their replies are read.
const batch = 512

// Apply runs the steps in order and returns the error reply of each that was
// refused, by its index. Any other error is one of the connection.
func (e *Engine) Apply(ctx context.Context, steps []Step) (map[int]error, error) {
	refused := map[int]error{}
	for from := 0; from < len(steps); from += batch {
		if err := e.applyBatch(ctx, steps, from, min(from+batch, len(steps)), refused); err != nil {
			return nil, err
		}
	}
	return refused, nil
}

func (e *Engine) applyBatch(ctx context.Context, steps []Step, from, to int, refused map[int]error) error {
	pipe := e.conn.Pipeline()
	replies := make([]*redis.Cmd, 0, to-from)
	for _, s := range steps[from:to] {
		if s.DB != e.db {
			pipe.Do(ctx, "SELECT", s.DB)
			e.db = s.DB
		}
		args := make([]any, len(s.Args))
		for i, a := range s.Args {
			args[i] = a
		}
		replies = append(replies, pipe.Do(ctx, args...))
	}
	_, err := pipe.Exec(ctx)
	for i, r := range replies {
		if err := r.Err(); err != nil && !errors.Is(err, redis.Nil) {
			if !isReply(err) {
				return fmt.Errorf("the engine: %w", err)
			}
			refused[from+i] = err
		}
	}
	if err != nil && !isReply(err) && !errors.Is(err, redis.Nil) {
		return fmt.Errorf("the engine: %w", err)
	}
	return nil
}

// isReply: an error that the server replied, rather than one of the network.
func isReply(err error) bool {
	var reply redis.Error
	return errors.As(err, &reply)
}

// shift is how far all times are moved into the future, in milliseconds.
const shift = int64(50 * 365.25 * 24 * float64(time.Hour/time.Millisecond))

// select makes db the database of the next commands.
func (e *Engine) selectDB(ctx context.Context, db int) error {
	if db == e.db {
		return nil
	}
	if err := e.conn.Do(ctx, "SELECT", db).Err(); err != nil {
		return err
	}
	e.db = db
	return nil
}
