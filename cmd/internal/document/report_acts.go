package document

import (
	"encoding/json"

	"github.com/redsleuth/redsleuth/cmd/internal/render"
	"github.com/redsleuth/redsleuth/report"
)

// ReportAct is what a client did to a server: REPLICAOF, CONFIG SET, SHUTDOWN and the
// like. Role is the server's.
type ReportAct struct {
	Time     string            `json:"time,omitempty"`
	Times    int64             `json:"times"`
	Role     report.Role       `json:"role"`
	Server   json.RawMessage   `json:"server,omitempty"`
	Addr     json.RawMessage   `json:"addr,omitempty"`
	Name     json.RawMessage   `json:"name,omitempty"`
	User     json.RawMessage   `json:"user,omitempty"`
	Scripted bool              `json:"scripted,omitempty"`
	Args     []json.RawMessage `json:"args"`
	Refused  bool              `json:"refused,omitempty"`
	Paths    []json.RawMessage `json:"paths"`
}

// ReportUnasked is what happened to a server of which nothing tells who asked for it.
type ReportUnasked struct {
	Time string          `json:"time,omitempty"`
	Role report.Role     `json:"role"`
	What string          `json:"what"`
	Why  string          `json:"why"`
	Path json.RawMessage `json:"path"`
}

func (d *Report) addActs(r *report.Report, f *render.BytesFormatter) {
	text := func(s string) json.RawMessage {
		if s == "" {
			return nil
		}
		return f.Bytes([]byte(s))
	}
	for i := range r.Acts {
		a := &r.Acts[i]
		out := ReportAct{Time: timeText(a.Time), Times: a.Times, Role: a.Role, Server: text(a.Server), Addr: text(a.Addr),
			Name: text(a.Name), User: text(a.User), Scripted: a.Scripted, Refused: a.Refused,
			Args: []json.RawMessage{}, Paths: []json.RawMessage{}}
		for _, arg := range a.Args {
			out.Args = append(out.Args, f.Bytes(arg))
		}
		for _, path := range a.Paths {
			out.Paths = append(out.Paths, f.Bytes([]byte(path)))
		}
		d.Acts = append(d.Acts, out)
	}
	for i := range r.Unasked {
		u := &r.Unasked[i]
		d.Unasked = append(d.Unasked, ReportUnasked{timeText(u.Time), u.Role, u.What, u.Why, text(u.Path)})
	}
}
