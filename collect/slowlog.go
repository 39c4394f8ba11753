package collect

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"time"
	"unicode/utf8"

	"github.com/redsleuth/redsleuth/command"
)

// slowest is how many entries of the slow log are asked for; servers keep 128
// unless they are told otherwise.
const slowest = 10_000

// A slowCommand is an entry of the slow log.
type slowCommand struct {
	ID       int64  `json:"id"`
	At       Time   `json:"time"`
	Duration int64  `json:"duration_us"`
	Args     []any  `json:"args"`
	Addr     string `json:"addr,omitempty"`
	Name     string `json:"name,omitempty"`
}

// slowlog asks for the slow log, without the passwords that old servers leave
// in it.
func (c *client) slowlog(ctx context.Context) ([]byte, error) {
	reply, err := c.ask(ctx, "SLOWLOG", "GET", slowest)
	if err != nil {
		return nil, err
	}
	entries, _ := reply.([]any)
	commands := []slowCommand{}
	for _, e := range entries {
		if fields, ok := e.([]any); ok && len(fields) >= 4 {
			commands = append(commands, slow(fields))
		}
	}
	return json.MarshalIndent(commands, "", "  ")
}

// slow reads id, time, duration, arguments, and since 4.0 address and name.
func slow(fields []any) slowCommand {
	number := func(i int) int64 { n, _ := fields[i].(int64); return n }
	s := slowCommand{ID: number(0), At: Time(time.Unix(number(1), 0)), Duration: number(2), Args: []any{}}
	args, _ := fields[3].([]any)
	list := make([][]byte, 0, len(args))
	for _, a := range args {
		text, _ := a.(string)
		list = append(list, []byte(text))
	}
	command.Redact(list)
	for _, a := range list {
		s.Args = append(s.Args, jsonBytes(string(a)))
	}
	if len(fields) > 5 {
		s.Addr, _ = fields[4].(string)
		s.Name, _ = fields[5].(string)
	}
	return s
}

// jsonBytes is a byte string as all documents have it.
func jsonBytes(s string) any {
	if utf8.ValidString(s) {
		return s
	}
	return map[string]string{"base64": base64.StdEncoding.EncodeToString([]byte(s))}
}

// json asks for a reply and writes it down as it is.
func (c *client) json(ctx context.Context, args ...any) ([]byte, error) {
	reply, err := c.ask(ctx, args...)
	if err != nil {
		return nil, err
	}
	return json.MarshalIndent(plain(reply), "", "  ")
}

// plain is a reply as JSON has it.
func plain(reply any) any {
	switch r := reply.(type) {
	case []any:
		list := make([]any, len(r))
		for i := range r {
			list[i] = plain(r[i])
		}
		return list
	case map[any]any:
		object := map[string]any{}
		for k, v := range r {
			if name, ok := k.(string); ok {
				object[name] = plain(v)
			}
		}
		return object
	case string:
		return jsonBytes(r)
	}
	return reply
}
