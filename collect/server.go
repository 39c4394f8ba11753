package collect

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/redsleuth/redsleuth/parse/info"
)

// Schema names the document that collect.json is.
const Schema = "redsleuth/collect/1"

// A Server is what was taken of one server, and how that went: collect.json.
// What is unknown is absent.
type Server struct {
	Schema  string    `json:"schema"`
	Addr    string    `json:"addr"`
	TLS     bool      `json:"tls,omitempty"`
	Folder  string    `json:"folder,omitempty"`
	Role    string    `json:"role,omitempty"`
	Version string    `json:"server_version,omitempty"`
	RunID   string    `json:"run_id,omitempty"`
	SameAs  string    `json:"same_as,omitempty"` // the address under which it was taken
	From    Time      `json:"from"`
	To      Time      `json:"to"`
	Files   []File    `json:"files"`
	Link    *Link     `json:"link,omitempty"`
	Dump    *Dump     `json:"dump,omitempty"`
	Failed  []Failure `json:"failed"`

	target      Target
	collection  *collection
	folder      *folder
	info        *info.Info
	folderError error
}

// A File is one in the server's folder.
type File struct {
	Name  string `json:"name"`
	Asked string `json:"asked"`
	Bytes int64  `json:"bytes"`
}

// A Failure is what could not be taken.
type Failure struct {
	What string `json:"what"`
	Why  string `json:"why"`
	At   Time   `json:"at"`
}

// Time is a time as documents have it: UTC, with milliseconds.
type Time time.Time

// MarshalText implements encoding.TextMarshaler.
func (t Time) MarshalText() ([]byte, error) {
	return time.Time(t).UTC().AppendFormat(nil, "2006-01-02T15:04:05.000Z07:00"), nil
}

func (s *Server) now() Time { return Time(s.collection.Now()) }

func (s *Server) fail(what string, err error) {
	why := err.Error()
	if errors.Is(err, context.DeadlineExceeded) {
		why = fmt.Sprintf("no answer within %s", s.collection.Timeout)
	}
	why = strings.Map(printable, why) // the server's own words may be in it
	s.Failed = append(s.Failed, Failure{what, why, s.now()})
	s.say("%s: not taken: %s", what, why)
}

// printable puts a mark in the place of what could do harm to a terminal.
func printable(r rune) rune {
	if strconv.IsPrint(r) {
		return r
	}
	return '\uFFFD'
}

func (s *Server) say(format string, args ...any) {
	if s.collection.Say != nil {
		s.collection.Say(s.Addr, fmt.Sprintf(format, args...))
	}
}

// Taken reports whether the server was reached at all.
func (s *Server) Taken() bool { return s.Folder != "" || s.SameAs != "" }

// take asks for everything, what is gone first being asked first.
func (s *Server) take(ctx context.Context) {
	s.From = s.now()
	s.Files, s.Failed = []File{}, []Failure{}
	c := s.collection.client(s.target)
	defer c.Close()
	if !s.reach(ctx, c) {
		s.To = s.now()
		return
	}
	defer s.folder.Close()
	if s.collection.Topology {
		s.neighbours(ctx, c)
	}
	s.link(ctx, c)
	s.rest(ctx, c)
	if s.collection.RDB && ctx.Err() == nil {
		s.dump(ctx)
	}
	s.To = s.now()
	s.report()
}

// reach asks for INFO, and makes the folder.
func (s *Server) reach(ctx context.Context, c *client) bool {
	text, i, err := c.info(ctx)
	if err != nil {
		s.fail("INFO", err)
		return false
	}
	s.info = i
	s.Role, s.Version, s.RunID = i.Role, i.Version.String(), i.RunID
	if other, ok := s.collection.first(i.RunID, s.Addr); !ok {
		s.SameAs = other
		return false
	}
	s.folder, s.Folder, err = s.collection.folder.server(s.target.folder())
	if err != nil {
		s.folderError = err
		s.fail("the folder", err)
		return false
	}
	s.say("%s %s", s.Role, s.Version)
	s.write("info.txt", "INFO everything", text)
	return true
}

// rest asks for what a server tells of itself beside INFO.
func (s *Server) rest(ctx context.Context, c *client) {
	for _, what := range []struct {
		name, asked string
		take        func(context.Context) ([]byte, error)
	}{
		{"clients.txt", "CLIENT LIST", func(ctx context.Context) ([]byte, error) { return c.text(ctx, "CLIENT", "LIST") }},
		{"slowlog.json", "SLOWLOG GET", c.slowlog},
		{"acl-log.json", "ACL LOG", func(ctx context.Context) ([]byte, error) { return c.json(ctx, "ACL", "LOG", 128) }},
		{"latency.json", "LATENCY LATEST", func(ctx context.Context) ([]byte, error) { return c.json(ctx, "LATENCY", "LATEST") }},
		{"config.txt", "CONFIG GET", c.config},
	} {
		b, err := what.take(ctx)
		switch {
		case ctx.Err() != nil:
			s.fail(what.asked, errors.New("interrupted"))
			return
		case err != nil:
			s.fail(what.asked, err)
		default:
			s.write(what.name, what.asked, b)
		}
	}
}

func (s *Server) write(name, asked string, b []byte) {
	if err := s.folder.write(name, b); err != nil {
		s.fail(name, err)
		return
	}
	s.Files = append(s.Files, File{name, asked, int64(len(b))})
}

// report writes collect.json.
func (s *Server) report() {
	b, err := json.MarshalIndent(s, "", "  ")
	if err == nil {
		err = s.folder.write("collect.json", append(b, '\n'))
	}
	if err != nil {
		s.folderError = err
	}
}
