package client

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/redsleuth/redsleuth/internal/pcaptest"
)

// A script is a conversation made up at random, with what is to be told of it.
type script struct {
	r *rand.Rand
	// turns are what either side sends, one after the other: of a pipeline all
	// commands, then all replies.
	turns []turn
	want  strings.Builder
	db    int
	name  string
	resp3 bool
	asked strings.Builder
	said  strings.Builder
}

type turn struct {
	from int
	data string
}

func (w *script) tell(db int, reply string, tx int, args []string) {
	fmt.Fprintf(&w.want, "%d %q", db, args)
	if tx > 0 {
		fmt.Fprintf(&w.want, " tx %d", tx)
	}
	w.want.WriteString(" " + reply)
	if w.name != "" {
		w.want.WriteString(" " + w.name)
	}
	w.want.WriteString("\n")
}

// replies are some of each kind, with what is to be told of them.
var someReplies = [][2]string{
	{"+OK\r\n", "ok"}, {"$-1\r\n", "nil"}, {"*-1\r\n", "nil"}, {":-5\r\n", "value"}, {"-MOVED 1 a:1\r\n", "errorMOVED"},
	{"$5\r\na\r\n*1\r\n", "value"}, {"*3\r\n:1\r\n*2\r\n$-1\r\n$0\r\n\r\n-ERR x\r\n", "value"}, {"*0\r\n", "value"},
}

var someReplies3 = [][2]string{
	{"_\r\n", "nil"}, {"%2\r\n+a\r\n*1\r\n:1\r\n+b\r\n#f\r\n", "value"}, {"|1\r\n+a\r\n%1\r\n+b\r\n:1\r\n,1.5\r\n", "value"},
	{"~1\r\n=5\r\ntxt:a\r\n", "value"}, {"!7\r\nERR a\r\n\r\n", "errorERR"},
}

func (w *script) reply() [2]string {
	all := someReplies
	if w.resp3 {
		all = append(all[:len(all):len(all)], someReplies3...)
	}
	return all[w.r.IntN(len(all))]
}

// some makes an argument of any bytes.
func (w *script) some() string {
	b := make([]byte, w.r.IntN(60))
	for i := range b {
		b[i] = "ab\r\n*$\x00\xff"[w.r.IntN(8)]
	}
	return string(b)
}

func (w *script) ask(args ...string) { w.asked.WriteString(pcaptest.Command(args...)) }

// say adds a reply, perhaps after a push.
func (w *script) say(reply string) {
	if w.resp3 && w.r.IntN(6) == 0 {
		w.said.WriteString(">2\r\n$10\r\ninvalidate\r\n*1\r\n$1\r\nk\r\n")
	}
	w.said.WriteString(reply)
}

// one adds a command, or a transaction.
func (w *script) one(transactions *int) {
	switch w.r.IntN(12) {
	case 0:
		db := w.r.IntN(16)
		w.answered("+OK\r\n", "ok", "SELECT", strconv.Itoa(db))
		w.db = db
	case 1:
		w.name = fmt.Sprintf("n%d", w.r.IntN(9))
		w.answered("+OK\r\n", "ok", "CLIENT", "setname", w.name)
	case 2:
		w.answered("-ERR no\r\n", "errorERR", "SELECT", "x")
	case 3:
		w.ask("CLIENT", "REPLY", "SKIP")
		w.tell(w.db, "none", 0, []string{"CLIENT", "REPLY", "SKIP"})
		w.ask("INCR", "n")
		w.tell(w.db, "none", 0, []string{"INCR", "n"})
	case 4:
		w.transaction(transactions)
	default:
		reply := w.reply()
		w.answered(reply[0], reply[1], "SET", w.some(), w.some())
	}
}

func (w *script) answered(reply, told string, args ...string) {
	w.ask(args...)
	w.say(reply)
	w.tell(w.db, told, 0, args)
}

func (w *script) transaction(transactions *int) {
	*transactions++
	tx := *transactions
	w.ask("MULTI")
	w.say("+OK\r\n")
	w.tell(w.db, "ok", tx, []string{"MULTI"})
	n := w.r.IntN(4)
	var queued [][]string
	var replies [][2]string
	for range n {
		args := []string{"SET", w.some(), w.some()}
		w.ask(args...)
		w.say("+QUEUED\r\n")
		queued, replies = append(queued, args), append(replies, w.reply())
	}
	end, reply, told := "EXEC", fmt.Sprintf("*%d\r\n", n), "value"
	run := w.r.IntN(3)
	switch run {
	case 0:
		end, reply, told = "DISCARD", "+OK\r\n", "ok"
	case 1:
		reply, told = "*-1\r\n", "nil"
	}
	for i, args := range queued {
		if run > 1 {
			reply += replies[i][0]
			w.tell(w.db, replies[i][1], tx, args)
		} else {
			w.tell(w.db, "none", tx, args)
		}
	}
	w.ask(end)
	w.say(reply)
	w.tell(w.db, told, tx, []string{end})
}

func newScript(seed uint64) *script {
	w := &script{r: rand.New(rand.NewPCG(seed, 1)), resp3: seed%2 == 0}
	if w.resp3 {
		w.answered("%1\r\n$5\r\nproto\r\n:3\r\n", "value", "HELLO", "3")
	}
	transactions := 0
	for range 1 + w.r.IntN(12) {
		for range 1 + w.r.IntN(4) {
			w.one(&transactions)
		}
		w.turns = append(w.turns, turn{asks, w.asked.String()}, turn{says, w.said.String()})
		w.asked.Reset()
		w.said.Reset()
	}
	return w
}

// What was sent is what is told, whatever it is, and however it is cut.
func TestAnyConversation(t *testing.T) {
	for seed := range uint64(1500) {
		w := newScript(seed)
		for _, most := range []int{1, 3, 40, 1 << 20} {
			s := newStage(t, false)
			for _, turn := range w.turns {
				for data := turn.data; data != ""; {
					n := min(len(data), 1+w.r.IntN(most))
					s.send(turn.from, data[:n])
					data = data[n:]
				}
			}
			s.is(t, false, w.want.String())
			if t.Failed() {
				t.Fatalf("seed %d, in packets of %d", seed, most)
			}
		}
	}
}

// Where packets were lost, nothing is told that was not sent: every command has
// the arguments of one that was, in order, but for what is cut; and every reply
// that is told is its own.
func TestAnyLoss(t *testing.T) {
	for seed := range uint64(1500) {
		r := rand.New(rand.NewPCG(seed, 2))
		s := newStage(t, false)
		failing := map[int]bool{}
		n := 1 + r.IntN(40)
		depth := 1 + r.IntN(3)
		s.rest(time.Second)
		for i := 0; i < n; {
			var asked, said string
			for range depth {
				failing[i] = r.IntN(4) == 0
				asked += pcaptest.Command("SET", strconv.Itoa(i), strings.Repeat("v", r.IntN(50)))
				if reply := "+OK\r\n"; failing[i] {
					said += "-ERR " + strconv.Itoa(i) + "\r\n"
				} else {
					said += reply
				}
				i++
			}
			for _, turn := range []turn{{asks, asked}, {says, said}} {
				for data := turn.data; data != ""; {
					k := min(len(data), 1+r.IntN(60))
					if r.IntN(12) == 0 {
						s.lose(turn.from, int64(k))
					} else {
						s.send(turn.from, data[:k])
					}
					data = data[k:]
				}
			}
			if r.IntN(3) == 0 {
				s.rest(time.Second)
			}
		}
		_ = s.c.End(false)
		last := -1
		for line := range strings.Lines(s.String()) {
			if strings.Contains(line, " cut") {
				continue
			}
			var db, reply string
			var name, key, value string
			if _, err := fmt.Sscanf(line, "%s [%q %q %q %s", &db, &name, &key, &value, &reply); err != nil {
				_, after, _ := strings.Cut(line, "] ")
				reply = strings.TrimSpace(after)
			}
			_, after, _ := strings.Cut(line, "] ")
			reply = strings.TrimSpace(after)
			i, err := strconv.Atoi(key)
			if err != nil || name != "SET" || i <= last || strings.Trim(value, "v") != "" {
				t.Fatalf("seed %d: %s", seed, line)
			}
			last = i
			if reply != "?" && (reply == "errorERR") != failing[i] {
				t.Errorf("seed %d, %d at a time: %s\n%s", seed, depth, line, s)
			}
		}
	}
}

func FuzzConversation(f *testing.F) {
	w := newScript(4)
	var asked, said string
	for _, turn := range w.turns {
		if turn.from == asks {
			asked += turn.data
		} else {
			said += turn.data
		}
	}
	f.Add([]byte(asked), []byte(said), uint64(1), false)
	f.Add([]byte("lue\r\n"+asked), []byte("\n"+said), uint64(2), true)
	f.Fuzz(func(t *testing.T, asked, said []byte, seed uint64, within bool) {
		r := rand.New(rand.NewPCG(seed, 3))
		s := newStage(t, within)
		for len(asked)+len(said) > 0 {
			from, data := asks, &asked
			if r.IntN(2) == 0 && len(said) > 0 || len(asked) == 0 {
				from, data = says, &said
			}
			n := min(len(*data), 1+r.IntN(50))
			if r.IntN(20) == 0 {
				s.lose(from, int64(r.IntN(100)))
			}
			s.send(from, string((*data)[:n]))
			*data = (*data)[n:]
		}
		_ = s.c.End(seed%2 == 0) // nothing is held after it
	})
}
