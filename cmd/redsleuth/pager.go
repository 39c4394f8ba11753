package main

import (
	"errors"
	"io"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"
)

// A pager shows the result of a command on a terminal, a screen at a time.
type pager struct {
	to io.WriteCloser
	g  *globalOptions
}

// pagerCommand is the pager that is asked for, as a command line of a shell, and
// what is put into its environment; "" for none. As with git, less is given
// FRX: it ends at once where all fits, passes colours on, and leaves the text on
// the screen. Its prompt says how it is left, for who did not ask for a pager.
func pagerCommand(getenv func(string) string) (command string, add []string) {
	command = "less"
	for _, name := range []string{"PAGER", "REDSLEUTH_PAGER"} {
		if value := getenv(name); value != "" {
			command = strings.TrimSpace(value)
		}
	}
	if command == "cat" {
		command = ""
	}
	for _, v := range [][2]string{{"LESS", "FRX" + lessPrompt}, {"LV", "-c"}} {
		if getenv(v[0]) == "" {
			add = append(add, v[0]+"="+v[1])
		}
	}
	return command, add
}

// lessPrompt is the option that sets the prompt of less: where one is, and which keys
// count.
const lessPrompt = `Ps?e(end) :?pB%pB\% ..q leaves, space goes on; --no-pager shows all at once$`

// unpaged are the formats that a pager would spoil.
var unpaged = []string{formatRESP, formatRaw, formatParquet}

// startPager starts one where text goes to a terminal; nil where none is wanted,
// or can be had.
func (g *globalOptions) startPager() *pager {
	if g.noPager || g.env.page == nil || g.env.width(g.env.stdout) == 0 ||
		g.env.getenv("TERM") == "dumb" || slices.Contains(unpaged, g.format) {
		return nil
	}
	command, add := pagerCommand(g.env.getenv)
	if command == "" {
		return nil
	}
	g.progress.finish() // it would draw over the pager's screen
	to, err := g.env.page(command, add)
	if err != nil {
		return nil
	}
	g.pages = true
	return &pager{to: to, g: g}
}

// errLeft ends a command whose reader has quit the pager. It is no failure: they
// have read enough.
var errLeft = errors.New("the pager was left")

// Write hands text on.
func (p *pager) Write(b []byte) (int, error) {
	n, err := p.to.Write(b)
	if err != nil {
		return n, errLeft
	}
	return n, nil
}

// finish waits until the pager is left, and tells what was to be said meanwhile.
// result is how the command came out.
func (p *pager) finish(result error) error {
	_ = p.to.Close() // its status says nothing about the result
	if errors.Is(result, errLeft) {
		result = nil
	}
	p.g.pages = false
	for _, remark := range p.g.held {
		if _, err := io.WriteString(p.g.env.stderr, remark); err != nil {
			return errors.Join(result, err)
		}
	}
	p.g.held = nil
	return result
}

// A pagerProcess is a pager's standard input; closing it waits for its end.
type pagerProcess struct {
	io.WriteCloser
	process *exec.Cmd
}

func (p *pagerProcess) Close() error {
	err := p.WriteCloser.Close()
	if ended := p.process.Wait(); ended != nil {
		err = ended
	}
	return err
}

// startPager runs a pager on this process's terminal.
func startPager(command string, add []string) (io.WriteCloser, error) {
	cmd := exec.Command("sh", "-c", command)
	if runtime.GOOS == "windows" {
		words := strings.Fields(command)
		cmd = exec.Command(words[0], words[1:]...)
	} else if word := strings.Fields(command)[0]; !strings.Contains(word, "=") {
		if _, err := exec.LookPath(word); err != nil {
			return nil, err // rather than an empty screen with a shell's complaint
		}
	}
	cmd.Env = append(os.Environ(), add...)
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	return &pagerProcess{in, cmd}, nil
}
