package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/redsleuth/redsleuth/internal/redistest"
)

// TestDocs runs the commands in README.md and docs, in a copy of the repository's
// testdata, and holds what they print against the page. A command is a line of an
// indented block that begins with "$ "; what follows is its standard output, in which "..." on a line of its own stands for any lines, and within a
// line for any text. -update writes the whole output where it is another.
func TestDocs(t *testing.T) {
	pages, err := filepath.Glob("../../docs/*.md")
	if err != nil {
		t.Fatal(err)
	}
	bin := t.TempDir()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(self, filepath.Join(bin, "redsleuth")); err != nil {
		t.Fatal(err)
	}
	commands := 0
	for _, path := range append(pages, "../../README.md") {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		t.Run(filepath.Base(path), func(t *testing.T) {
			p := &docPage{t: t, lines: strings.Split(string(text), "\n"), path: bin + ":" + os.Getenv("PATH")}
			p.run()
			commands += p.commands
			if *update && p.changed {
				if err := os.WriteFile(path, []byte(strings.Join(p.out, "\n")), 0o644); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
	if commands < len(pages) {
		t.Errorf("%d commands in %d pages", commands, len(pages))
	}
}

// A docPage is one whose commands are run.
type docPage struct {
	t          *testing.T
	lines, out []string
	path       string // PATH
	root, dir  string // the copy, and where within it commands run
	env        []string
	commands   int
	changed    bool
}

const prompt = "    $ "

func (p *docPage) run() {
	for i := 0; i < len(p.lines); {
		line := p.lines[i]
		p.out = append(p.out, line)
		i++
		command, ok := strings.CutPrefix(line, prompt)
		if !ok {
			continue
		}
		for strings.HasSuffix(command, "\\") { // a long one goes on
			command = strings.TrimSuffix(command, "\\") + strings.TrimSpace(p.lines[i])
			p.out = append(p.out, p.lines[i])
			i++
		}
		end := i
		for end < len(p.lines) && !strings.HasPrefix(p.lines[end], prompt) &&
			(p.lines[end] == "" || strings.HasPrefix(p.lines[end], "    ")) {
			end++
		}
		want := p.lines[i:end]
		for len(want) > 0 && want[len(want)-1] == "" {
			want = want[:len(want)-1]
		}
		p.check(command, want)
		i += len(want)
	}
}

// check runs a command and puts what it should print onto the page.
func (p *docPage) check(command string, want []string) {
	p.begin(command)
	p.commands++
	if dir, ok := strings.CutPrefix(command, "cd "); ok {
		p.dir = filepath.Join(p.dir, dir)
		return
	}
	cmd := exec.Command("sh", "-c", command)
	cmd.Dir, cmd.Env = p.dir, append(os.Environ(), append(p.env, "PATH="+p.path)...)
	printed, err := cmd.Output()
	if err != nil && cmd.ProcessState == nil {
		p.t.Fatalf("%s: %v", command, err)
	}
	text := strings.TrimRight(string(printed), "\n")
	if prints(want).MatchString(text) {
		p.out = append(p.out, want...)
		return
	}
	p.changed = true
	for line := range strings.Lines(text + "\n") {
		p.out = append(p.out, strings.TrimRight("    "+line, "\n "))
	}
	if !*update {
		p.t.Errorf("%s prints\n%s\n\nand not\n%s", command, text, strings.Join(want, "\n"))
	}
}

// begin makes the copy, and the servers that a page asks for as $MASTER and
// $REPLICA.
func (p *docPage) begin(command string) {
	if p.root == "" {
		p.root = p.t.TempDir()
		if err := os.CopyFS(filepath.Join(p.root, "testdata"), os.DirFS("../../testdata")); err != nil {
			p.t.Fatal(err)
		}
		p.dir = p.root
	}
	if !strings.Contains(command, "$MASTER") || len(p.env) > 0 {
		return
	}
	master := redistest.Start(p.t, "--repl-diskless-sync-delay", "0")
	replica := redistest.Start(p.t)
	replica.Do("REPLICAOF", "127.0.0.1", master.Port)
	replica.WaitFor("the link", func() bool {
		return strings.Contains(replica.Do("INFO", "replication").(string), "master_link_status:up")
	})
	for n := range 100 {
		master.Do("SET", "order:"+strconv.Itoa(n), "open")
	}
	if n := master.Do("WAIT", "1", "0"); n != int64(1) {
		p.t.Fatalf("%v replicas have what was written", n)
	}
	p.env = []string{"MASTER=" + master.Addr, "REPLICA=" + replica.Addr}
}

// prints is what output has to be, from its lines on a page.
func prints(lines []string) *regexp.Regexp {
	var b strings.Builder
	b.WriteString(`\A`)
	for i, line := range lines {
		line = strings.TrimPrefix(line, "    ")
		if strings.TrimSpace(line) == "..." {
			b.WriteString(`(?:.*\n)*?`)
			if i == len(lines)-1 {
				b.WriteString(`.*`)
			}
			continue
		}
		b.WriteString(strings.ReplaceAll(regexp.QuoteMeta(line), `\.\.\.`, `.*`) + ` *(?:\n|\z)`)
	}
	return regexp.MustCompile(b.String() + `\z`)
}
