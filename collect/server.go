package collect

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"

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
	// NotKnown is what was asked for and the server has no command for.
	NotKnown []string `json:"not_known,omitempty"`

	target      Target
	collection  *collection
	folder      *folder
	info        *info.Info
	folderError error
	dumped      bool       // it was asked for
	mu          sync.Mutex // of Files and Failed
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
	// What goes wrong once is met again where files are closed.
	lines := strings.Split(why, "\n")
	slices.Sort(lines)
	why = strings.Join(slices.Compact(lines), "; ")
	why = strings.Map(printable, why) // the server's own words may be in it
	s.mu.Lock()
	s.Failed = append(s.Failed, Failure{what, why, s.now()})
	s.mu.Unlock()
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

func (s *Server) progress(n int) {
	if s.collection.Progress != nil {
		s.collection.Progress(n)
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
	if s.Role == roleSentinel {
		s.ask(ctx, s.watching(c))
	} else {
		s.everything(ctx, c)
	}
	s.To = s.now()
	s.report()
}

// roleSentinel is that of a server that holds no data and watches others.
const roleSentinel = "sentinel"

func (s *Server) everything(ctx context.Context, c *client) {
	s.ask(ctx, s.passing(c))
	room := s.folder.keepRoom()
	s.link(ctx, c)
	if s.collection.RDB && ctx.Err() == nil {
		s.dump(ctx)
	}
	room()
	s.ask(ctx, s.lasting(c))
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
	if i.Fields["redis_mode"] == roleSentinel || i.Fields["server_mode"] == roleSentinel {
		s.Role = roleSentinel
	}
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

// A question is for what a server tells of itself beside INFO.
type question struct {
	name, asked string
	take        func(context.Context) ([]byte, error)
}

// passing is what the next commands may push out, ours among them.
func (s *Server) passing(c *client) []question {
	return []question{
		{"slowlog.json", "SLOWLOG GET", c.slowlog},
		{"clients.txt", "CLIENT LIST", func(ctx context.Context) ([]byte, error) { return c.text(ctx, "CLIENT", "LIST") }},
	}
}

// lasting is what is there a little longer.
func (s *Server) lasting(c *client) []question {
	return []question{
		{"acl-log.json", "ACL LOG", func(ctx context.Context) ([]byte, error) { return c.json(ctx, "ACL", "LOG", 128) }},
		{"latency.json", "LATENCY LATEST", func(ctx context.Context) ([]byte, error) { return c.json(ctx, "LATENCY", "LATEST") }},
		{"config.txt", "CONFIG GET", c.config},
	}
}

func (s *Server) ask(ctx context.Context, questions []question) {
	for _, what := range questions {
		b, err := what.take(ctx)
		switch {
		case ctx.Err() != nil:
			s.fail(what.asked, errors.New("interrupted"))
			return
		case unknown(err):
			s.NotKnown = append(s.NotKnown, what.asked)
			s.say("%s: the server knows no such command", what.asked)
		case err != nil:
			s.fail(what.asked, err)
		default:
			s.write(what.name, what.asked, b)
		}
	}
}

// watching is what a Sentinel tells of the servers that it watches.
func (s *Server) watching(c *client) []question {
	return []question{{"sentinel.json", "SENTINEL MASTERS", func(ctx context.Context) ([]byte, error) {
		return c.json(ctx, "SENTINEL", "MASTERS")
	}}}
}

// unknown reports whether a server refused a command for not knowing it, as old
// ones and those where it was renamed do.
func unknown(err error) bool {
	var reply redis.Error
	if !errors.As(err, &reply) {
		return false
	}
	text := strings.ToLower(reply.Error())
	return strings.HasPrefix(text, "err unknown command") || strings.HasPrefix(text, "err unknown subcommand")
}

func (s *Server) write(name, asked string, b []byte) {
	if err := s.folder.write(name, b); err != nil {
		s.fail(name, err)
		return
	}
	s.took(name, asked, int64(len(b)))
}

func (s *Server) took(name, asked string, size int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.Files = append(s.Files, File{name, asked, size})
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
