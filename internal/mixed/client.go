package mixed

import (
	"context"
	"errors"
	"net"
	"strconv"
	"time"

	"github.com/redis/go-redis/v9"
)

// A client is an ordinary client of one server, on one connection.
type client struct {
	pool *redis.Client
	conn *redis.Conn
	port int // its own
	db   int
}

// dial opens a client of the server behind a port, with a name, a user or
// neither, in either protocol.
func (n *night) dial(port int, name string) *client {
	c := &client{db: -1}
	options := &redis.Options{
		Addr: net.JoinHostPort("127.0.0.1", strconv.Itoa(port)), Protocol: 2 + n.random.IntN(2),
		MaxRetries: -1, DisableIdentity: true, PoolSize: 1, ReadTimeout: 20 * time.Second,
		Dialer: func(ctx context.Context, network, addr string) (net.Conn, error) {
			var d net.Dialer
			conn, err := d.DialContext(ctx, network, addr)
			if err == nil {
				c.port = portOf(conn.LocalAddr())
			}
			return conn, err
		},
	}
	if n.random.IntN(3) > 0 {
		options.ClientName = name
	}
	if n.random.IntN(3) == 0 {
		options.Username, options.Password = "app", "secret"
	}
	c.pool = redis.NewClient(options)
	c.conn = c.pool.Conn()
	n.tb.Cleanup(func() {
		_ = c.conn.Close()
		_ = c.pool.Close()
	})
	n.do(c, 0, "PING")
	return c
}

// do runs a command in a database. An error reply is the client's own affair; a
// connection that fails is the night's.
func (n *night) do(c *client, db int, args ...any) any {
	n.tb.Helper()
	n.enter(c, db)
	v, err := c.conn.Do(n.tb.Context(), args...).Result()
	n.check(err, args)
	return v
}

func (n *night) enter(c *client, db int) {
	if c.db != db {
		c.db = db
		n.check(c.conn.Select(n.tb.Context(), db).Err(), "SELECT")
	}
}

// transaction runs commands within MULTI.
func (n *night) transaction(c *client, db int, commands ...[]any) {
	n.tb.Helper()
	n.enter(c, db)
	_, err := c.conn.TxPipelined(n.tb.Context(), func(p redis.Pipeliner) error {
		for _, args := range commands {
			p.Do(n.tb.Context(), args...)
		}
		return nil
	})
	n.check(err, commands)
}

// pipeline sends commands without waiting for replies.
func (n *night) pipeline(c *client, db int, commands ...[]any) {
	n.tb.Helper()
	n.enter(c, db)
	_, err := c.conn.Pipelined(n.tb.Context(), func(p redis.Pipeliner) error {
		for _, args := range commands {
			p.Do(n.tb.Context(), args...)
		}
		return nil
	})
	n.check(err, commands)
}

func (n *night) check(err error, what any) {
	n.tb.Helper()
	var reply redis.Error
	if err != nil && !errors.As(err, &reply) {
		n.tb.Fatalf("%v: %v", what, err)
	}
}
