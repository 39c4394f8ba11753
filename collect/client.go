package collect

import (
	"bytes"
	"context"
	"crypto/tls"
	"net"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/redsleuth/redsleuth/collect/replica"
	"github.com/redsleuth/redsleuth/parse/info"
)

// A client asks one server ordinary commands.
type client struct {
	*redis.Client
	timeout time.Duration
}

// dial opens connections to a target.
func (o *Options) dial(t Target) func(ctx context.Context) (net.Conn, error) {
	return func(ctx context.Context) (net.Conn, error) {
		d := net.Dialer{Timeout: o.Timeout}
		if !t.TLS {
			return d.DialContext(ctx, t.Network, t.Addr)
		}
		config := o.TLS.Clone()
		if config == nil {
			config = &tls.Config{}
		}
		if host, _, err := net.SplitHostPort(t.Addr); err == nil && config.ServerName == "" {
			config.ServerName = host
		}
		return (&tls.Dialer{NetDialer: &d, Config: config}).DialContext(ctx, t.Network, t.Addr)
	}
}

func (o *Options) client(t Target) *client {
	dial := o.dial(t)
	return &client{timeout: o.Timeout, Client: redis.NewClient(&redis.Options{
		Network: t.Network, Addr: t.Addr, Username: o.user(t), Password: o.Password, Protocol: 2,
		Dialer: func(ctx context.Context, _, _ string) (net.Conn, error) {
			conn, err := dial(ctx)
			if err != nil {
				return nil, err
			}
			return &guard{Conn: conn}, nil
		},
		DialTimeout: o.Timeout, ReadTimeout: o.Timeout, WriteTimeout: o.Timeout, PoolSize: 1,
		MaxRetries: 1, DialerRetries: 1, DisableIdentity: true, ContextTimeoutEnabled: true,
	})}
}

// user is the ACL user for a target: the one in its URL goes first.
func (o *Options) user(t Target) string {
	if t.User != "" {
		return t.User
	}
	return o.User
}

func (o *Options) replica(t Target) replica.Options {
	silence := o.Silence
	if silence == 0 {
		silence = max(o.Timeout, streamSilence)
	}
	return replica.Options{
		Dial: o.dial(t), User: o.user(t), Password: o.Password, Timeout: o.Timeout, Silence: silence,
	}
}

// streamSilence is longer than any server is silent on a link: it sends a PING
// every ten seconds, unless repl-ping-replica-period says otherwise.
const streamSilence = time.Minute

// text asks for a reply that is text.
func (c *client) text(ctx context.Context, args ...any) ([]byte, error) {
	s, err := c.ask(ctx, args...)
	if err != nil {
		return nil, err
	}
	text, _ := s.(string)
	return []byte(text), nil
}

func (c *client) ask(ctx context.Context, args ...any) (any, error) {
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	return c.Do(ctx, args...).Result()
}

// info asks for everything that the server tells of itself.
func (c *client) info(ctx context.Context) ([]byte, *info.Info, error) {
	text, err := c.text(ctx, "INFO", "everything")
	if err != nil || !bytes.Contains(text, []byte("_version:")) {
		text, err = c.text(ctx, "INFO", "all") // before 7.0
	}
	if err != nil || !bytes.Contains(text, []byte("_version:")) {
		text, err = c.text(ctx, "INFO")
	}
	if err != nil {
		return nil, nil, err
	}
	i, err := info.Parse(bytes.NewReader(text))
	return text, i, err
}

// config asks for the settings, as lines of name and value. Servers of every
// version know only some of them.
func (c *client) config(ctx context.Context) ([]byte, error) {
	names := settings()
	all := []any{"CONFIG", "GET"}
	for _, name := range names {
		all = append(all, name)
	}
	reply, err := c.ask(ctx, all...)
	if err == nil {
		return configLines(names, reply), nil
	}
	// Before 7.0 one at a time, each of which is in the slow log.
	var lines []byte
	for _, name := range names {
		reply, err := c.ask(ctx, "CONFIG", "GET", name)
		if err != nil {
			return nil, err
		}
		lines = append(lines, configLines([]string{name}, reply)...)
	}
	return lines, nil
}

// configLines are those of the settings that were asked for.
func configLines(names []string, reply any) (text []byte) {
	pair, _ := reply.([]any)
	values := map[string]string{}
	for i := 0; i+1 < len(pair); i += 2 {
		key, _ := pair[i].(string)
		values[key], _ = pair[i+1].(string)
	}
	for _, name := range names {
		if value, ok := values[name]; ok {
			text = append(text, name+" "+strings.Map(oneLine, value)+"\n"...)
		}
	}
	return text
}

func oneLine(r rune) rune {
	if r == '\n' || r == '\r' {
		return ' '
	}
	return r
}
