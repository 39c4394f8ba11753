package report

import (
	"bytes"
	"fmt"
	"net"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/redsleuth/redsleuth/finding"
	"github.com/redsleuth/redsleuth/inspect"
	"github.com/redsleuth/redsleuth/parse/record"
	"github.com/redsleuth/redsleuth/parse/serverlog"
)

// An Act is what a client did to a server as a whole: REPLICAOF, CONFIG SET, SHUTDOWN
// and the like. What it holds of the artefacts is untrusted.
type Act struct {
	Time, Last time.Time // of the first and the last of Times; zero where nothing tells
	Times      int64
	Role       Role   // of the server; Unknown where nothing tells
	Server     string // its address; "" where nothing tells
	Addr       string // the client's; "" where nothing tells, as are Name and User
	Name, User string
	Scripted   bool // a script of the client did it
	Args       [][]byte
	Refused    bool   // the server answered with an error, which begins with
	Error      string // this word
	Paths      []string
}

// An Unasked is what happened to a server of which nothing tells who asked for it.
type Unasked struct {
	Time time.Time
	Role Role
	// What happened, and Why it is not known who did it, in words of our own.
	What, Why string
	Path      string
}

// unheard says what would tell.
const unheard = "no capture or MONITOR here has the command"

// mostActs bounds what is kept of acts, and of what nobody is known to have asked for.
const mostActs = 1000

// acts puts together who did what to the servers.
func (r *run) acts() {
	for _, a := range r.Artefacts {
		if a.Inspect == nil || a.Inspect.Clients == nil || a.ofCollect() {
			continue
		}
		for i := range a.Inspect.Clients.Acts {
			r.act(r.captured(a, &a.Inspect.Clients.Acts[i]))
		}
	}
	for _, a := range r.Artefacts {
		if a.Log == nil {
			continue
		}
		for _, e := range a.Log.Events {
			if act, ok := r.ofLine(a, &e); ok {
				r.act(act)
			}
		}
	}
	slices.SortStableFunc(r.Acts, func(x, y Act) int { return lateZero(x.Time, y.Time) })
	r.unasked()
}

// lateZero compares times, of which zero ones come last.
func lateZero(x, y time.Time) int {
	if x.IsZero() != y.IsZero() {
		return btoi(x.IsZero()) - btoi(y.IsZero())
	}
	return x.Compare(y)
}

// captured is an act of a recording of clients.
func (r *run) captured(a *Artefact, in *inspect.Act) Act {
	act := Act{
		Time: in.Time, Last: in.Last, Times: in.Times, Server: in.To, Addr: in.Addr, Name: in.Name,
		User: in.User, Scripted: in.Scripted, Args: in.Args, Paths: []string{a.Path},
		Refused: in.Reply == record.ReplyError, Error: in.ReplyError, Role: r.roleAt(in.To),
	}
	if in.To == "" && (a.Role == Master || a.Role == Replica) {
		act.Role = a.Role
	}
	return act
}

// roleAt is the role of the server at an address: by the links of the captures, or by
// the one INFO that names its port.
func (r *run) roleAt(addr string) Role {
	for _, h := range r.Hosts {
		if h.Addr == addr {
			return h.Role
		}
	}
	_, port, err := net.SplitHostPort(addr)
	if err != nil {
		return Unknown
	}
	role := Unknown
	for _, a := range r.Artefacts {
		if a.Info == nil || a.Info.Port == nil || strconv.FormatInt(*a.Info.Port, 10) != port {
			continue
		}
		if side := r.sideOf(a); role == Unknown {
			role = side
		} else if side != role {
			return Unknown
		}
	}
	return role
}

// sideOf is the side of the server that an INFO output is of: what it was while the two
// were one's replica. After a promotion both say that they are masters.
func (r *run) sideOf(a *Artefact) Role {
	for _, role := range []Role{Master, Replica} {
		if d := r.with(role); r.parted() && d != nil && d.State != nil && d.State.ID == a.Info.ReplicationID {
			return role
		}
	}
	if r.parted() {
		return Unknown
	}
	return a.Role
}

// ofLine is what a line of a log says that a client asked for.
func (r *run) ofLine(a *Artefact, e *serverlog.Event) (Act, bool) {
	addr, name, user, command := e.Asked()
	if addr == "" {
		return Act{}, false
	}
	at := r.withYear(e.Line)
	act := Act{Time: at, Last: at, Times: 1, Role: r.logSide(a), Addr: addr, Name: name, User: user, Paths: []string{a.Path}}
	words := []string{strings.ToUpper(command)}
	if command == "" || strings.EqualFold(command, "slaveof") {
		words[0] = "REPLICAOF"
	}
	switch e.Kind {
	case serverlog.Promoted:
		words = append(words, "NO", "ONE")
	case serverlog.Demoted:
		host, port, err := net.SplitHostPort(e.Peer)
		if err != nil {
			return act, false
		}
		words = append(words, host, port)
	case serverlog.Stopping:
		words[0] = "SHUTDOWN"
	default:
		return act, false
	}
	for _, w := range words {
		act.Args = append(act.Args, []byte(w))
	}
	return act, true
}

// act adds one, unless another file tells of the same: then what it knows is added.
func (r *run) act(act Act) {
	for i := range r.Acts {
		known := &r.Acts[i]
		if !known.same(&act) {
			continue
		}
		known.Paths = append(known.Paths, act.Paths...)
		known.Addr, known.Server = orElse(known.Addr, act.Addr), orElse(known.Server, act.Server)
		known.Name, known.User = orElse(known.Name, act.Name), orElse(known.User, act.User)
		if known.Role == Unknown {
			known.Role = act.Role
		}
		return
	}
	if len(r.Acts) < mostActs {
		r.Acts = append(r.Acts, act)
	}
}

func orElse(a, b string) string {
	if a == "" {
		return b
	}
	return a
}

// sameMoment is how far apart two files may tell one act: slow logs tell seconds.
const sameMoment = time.Second

// same reports whether another file's act may be this one.
func (a *Act) same(o *Act) bool {
	alike := func(x, y string) bool { return x == y || x == "" || y == "" }
	apart := a.Time.Sub(o.Time).Abs()
	return !slices.Contains(a.Paths, o.Paths[0]) && a.Addr == o.Addr && alike(a.Server, o.Server) &&
		(a.Role == o.Role || a.Role == Unknown || o.Role == Unknown) && apart <= sameMoment &&
		slices.EqualFunc(a.plain(), o.plain(), bytes.EqualFold)
}

// plain are the words that any file tells of an act.
func (a *Act) plain() [][]byte {
	switch {
	case a.Is("SLAVEOF"):
		return append([][]byte{[]byte("REPLICAOF")}, a.Args[1:]...)
	case a.Is("SHUTDOWN"):
		return a.Args[:1]
	}
	return a.Args
}

// Is reports whether the act is a command that begins with these words.
func (a *Act) Is(words ...string) bool {
	if len(words) == 3 && strings.EqualFold(words[0], "CONFIG") { // of many at a time, any
		return a.Is(words[:2]...) && slices.ContainsFunc(a.Args[2:], func(arg []byte) bool {
			return strings.EqualFold(string(arg), words[2])
		})
	}
	if len(a.Args) < len(words) {
		return false
	}
	for i, w := range words {
		if !strings.EqualFold(string(a.Args[i]), w) {
			return false
		}
	}
	return true
}

// unasked finds what logs and streams tell that no act accounts for.
func (r *run) unasked() {
	for _, a := range r.Artefacts {
		if a.Log == nil {
			continue
		}
		role := r.logSide(a)
		for _, e := range a.Log.Events {
			at := r.withYear(e.Line)
			what, words := asksFor(&e)
			if what == "" || r.did(role, at, words...) {
				continue
			}
			why := "its log does not name who asked, and " + unheard
			if e.Kind == serverlog.Stopping && e.Reason != "" {
				why = "a signal is sent by somebody on its host, or by what runs it there"
			}
			r.addUnasked(Unasked{Time: at, Role: role, What: what, Why: why, Path: a.Path})
		}
	}
	r.emptied()
	if r.Replay == nil {
		return
	}
	for i := range r.Replay.Findings {
		f := &r.Replay.Findings[i]
		if at := r.times[placeOf(f)]; f.Code == finding.ScriptFlush && !r.did(Master, at, "SCRIPT", "FLUSH") {
			r.addUnasked(Unasked{Time: at, Role: Master, What: "SCRIPT FLUSH, which it sent its replicas",
				Why: "the stream does not name who asked, and " + unheard, Path: f.Path})
		}
	}
}

// emptied finds the streams in which databases are emptied or swapped.
func (r *run) emptied() {
	for _, a := range r.Artefacts {
		if a.Inspect == nil || a.Role != Link || a.ofCollect() {
			continue
		}
		for _, l := range a.Inspect.Links {
			if r.counted(a, l) || r.toldBy(a, l) {
				continue
			}
			sender, _ := r.endsOf(&l.Link)
			for _, c := range l.ByCommand {
				name := c.Name
				if name != "FLUSHALL" && name != "FLUSHDB" && name != "SWAPDB" || r.did(sender, time.Time{}, name) {
					continue
				}
				if c.Commands > 1 {
					name += fmt.Sprintf(" (%d times)", c.Commands)
				}
				r.addUnasked(Unasked{Role: sender, What: name + ", which it sent its replicas",
					Why: "the stream does not name who asked, and " + unheard, Path: a.Path})
			}
		}
	}
}

func (r *run) addUnasked(u Unasked) {
	if len(r.Unasked) < mostActs {
		r.Unasked = append(r.Unasked, u)
	}
}

// asksFor is what a line of a log tells that somebody asked for, and the words of the
// command; "" where nobody has to have.
func asksFor(e *serverlog.Event) (what string, words []string) {
	switch {
	case e.Client != "":
		if addr, _, _, _ := e.Asked(); addr != "" {
			return "", nil
		}
	case e.Kind == serverlog.Stopping && e.Reason != "":
		return "asked to end by a signal", nil
	}
	switch e.Kind {
	case serverlog.Promoted:
		return "made a master", []string{"REPLICAOF"}
	case serverlog.Demoted:
		return "made a replica", []string{"REPLICAOF"}
	case serverlog.MemoryLimit:
		return "maxmemory set to less than the data took", []string{"CONFIG", "SET", "maxmemory"}
	case serverlog.Stopping:
		return "asked to end (SHUTDOWN)", []string{"SHUTDOWN"}
	}
	return "", nil
}

// did reports whether an act of these words accounts for something on a server. A log's
// clock is that of its server, and an act's that of the capture.
func (r *run) did(role Role, at time.Time, words ...string) bool {
	return len(words) > 0 && slices.ContainsFunc(r.Acts, func(a Act) bool {
		whose := a.Role == role || a.Role == Unknown || role == Unknown
		is := a.Is(words...) || words[0] == "REPLICAOF" && a.Is("SLAVEOF")
		near := at.IsZero() || a.Time.IsZero() || !at.Before(a.Time.Add(-sameMoment)) && !at.After(a.Last.Add(sameMoment))
		return whose && is && near && !a.Refused
	})
}
