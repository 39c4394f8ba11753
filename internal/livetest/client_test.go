package livetest

import (
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/redsleuth/redsleuth/internal/pcaptest"
	"github.com/redsleuth/redsleuth/internal/redistest"
	"github.com/redsleuth/redsleuth/parse/client"
	"github.com/redsleuth/redsleuth/parse/record"
)

// A step is a command with what a server makes of it.
type step struct {
	args string // words
	want string // database, reply, name and user
}

// What a server answers is what is told, in both protocols, in a pipeline.
func TestConversation(t *testing.T) {
	steps := []step{
		{"SUBSCRIBE a b", "0 value"},
		{"UNSUBSCRIBE a b", "0 value"},
		{"ACL SETUSER bob on nopass ~* +@all", "0 ok"},
		{"AUTH bob x", "0 ok bob"},
		{"CLIENT SETNAME web", "0 ok web bob"},
		{"SELECT 3", "0 ok web bob"},
		{"SET k v", "3 ok web bob"},
		{"INCR k", "3 error ERR web bob"},
		{"GET none", "3 nil web bob"},
		{"SELECT 4711", "3 error ERR web bob"},
		{"LPUSH l a b c", "3 value web bob"},
		{"LRANGE l 0 -1", "3 value web bob"},
		{"MULTI", "3 ok web bob"},
		{"LPUSH k x", "3 error WRONGTYPE web bob"},
		{"SELECT 5", "3 ok web bob"},
		{"SET k2 v", "5 ok web bob"},
		{"GET none", "5 nil web bob"},
		{"EXEC", "5 value web bob"},
		{"MULTI", "5 ok web bob"},
		{"SET k3 v", "5 none web bob"},
		{"DISCARD", "5 ok web bob"},
		{"MULTI", "5 ok web bob"},
		{"NOSUCH", "5 error ERR web bob"},
		{"SET k4 v", "5 none web bob"},
		{"EXEC", "5 error EXECABORT web bob"},
		{"CLIENT REPLY SKIP", "5 none web bob"},
		{"SET k5 v", "5 none web bob"},
		{"CLIENT REPLY OFF", "5 none web bob"},
		{"SELECT 6", "5 none web bob"},
		{"CLIENT REPLY ON", "6 ok web bob"},
		{"EVAL return{err='OH_no'} 0", "6 error OH_no web bob"},
		{"QUIT", "6 ok web bob"},
	}
	for _, p := range redistest.Servers(t) {
		for _, protocol := range []string{"2", "3"} {
			t.Run(p.String()+", RESP"+protocol, func(t *testing.T) {
				converse(t, p, append([]step{{"HELLO " + protocol, "0 value"}}, steps...))
			})
		}
	}
}

func converse(t *testing.T, p redistest.Program, steps []step) {
	s := redistest.StartProgram(t, p)
	conn := dial(t, s.Addr)
	var asked, want strings.Builder
	for _, x := range steps {
		asked.WriteString(pcaptest.Command(strings.Fields(x.args)...))
		fmt.Fprintf(&want, "%s: %s\n", x.args, x.want)
	}
	if _, err := io.WriteString(conn, asked.String()); err != nil {
		t.Fatal(err)
	}
	said, err := io.ReadAll(conn)
	if err != nil {
		t.Fatal(err)
	}
	var got strings.Builder
	d := client.NewDecoder(client.Options{Command: func(c *record.ClientCommand) error {
		var words []string
		for _, arg := range c.Args {
			words = append(words, string(arg))
		}
		told := []string{fmt.Sprint(c.DB), string(c.Reply)}
		for _, word := range []string{c.ReplyError, c.Name, c.User} {
			if word != "" {
				told = append(told, word)
			}
		}
		fmt.Fprintf(&got, "%s: %s\n", strings.Join(words, " "), strings.Join(told, " "))
		return nil
	}})
	c := d.NewConversation("client", "server")
	for _, err := range []error{
		c.Request([]byte(asked.String()), 0, time.Unix(1, 0), 1),
		c.Reply(said, 0, time.Unix(2, 0), 2),
		c.End(true),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	if got.String() != want.String() {
		t.Errorf("got\n%swant\n%s\n%q", got.String(), want.String(), said)
	}
}
