package damage

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/redsleuth/redsleuth/dump"
	"github.com/redsleuth/redsleuth/internal/program"
	"github.com/redsleuth/redsleuth/parse/input"
)

// The bounds that hold for artefacts of this size.
const (
	longest      = time.Minute // of all commands on one input, beside other work
	heaviest     = 128 << 20   // what one process holds, beside diff
	heaviestHere = 512 << 20   // what this process holds, of all commands in turn
)

// A Holder breaks artefacts and holds what becomes of them.
type Holder struct {
	Seeds   []Seed
	Dir     string          // holds the input at hand, and those that failed
	Program program.Program // of which a sample is run; Path "" is none
	// Every so many inputs are given to the program, and as many mended dumps
	// that it calls sound to the checker.
	Every int
	// Checkers are paths of check-rdb, by magic.
	Checkers map[string]string
	// Counts is how many inputs there were, by kind of artefact, way of breaking
	// them and status.
	Counts map[string]int

	sound int
	peak  int64
}

// Run breaks and holds n artefacts from a seed, or as many as there is time for;
// 0 is no bound. failed is told of each that fails.
func (h *Holder) Run(
	seed uint64, n int, until time.Duration, failed func(error),
) (done int, err error) {
	if h.Counts == nil {
		h.Counts = map[string]int{}
	}
	started := time.Now()
	for ; (n == 0 || done < n) && (until == 0 || time.Since(started) < until); done++ {
		number := seed + uint64(done)
		w := wreck(rand.New(rand.NewPCG(number, 7)), h.Seeds)
		path, err := w.leave(h.Dir)
		if err != nil {
			return done, err
		}
		if bytes.Equal(w.Data, w.Seed.Data) {
			h.Counts["unchanged"]++
			continue
		}
		if fault := h.guard(&w, path, number); fault != nil {
			kept, err := h.keep(path, number)
			if err != nil {
				return done, err
			}
			failed(fmt.Errorf("seed %d, %s, %s, in %s: %w",
				number, w.Seed.Name, strings.Join(w.Ways, " "), kept, fault))
		}
	}
	return done, nil
}

// guard makes errors of a panic and of too much time or memory. What never ends
// ends the process, with its input in Dir.
func (h *Holder) guard(w *Wreck, path string, number uint64) (fault error) {
	hang := time.AfterFunc(longest, func() {
		kept, err := h.keep(path, number)
		panic(fmt.Sprint("no end after ", longest, ", in ", kept, ", which is seed ", number, err))
	})
	defer hang.Stop()
	defer func() {
		if r := recover(); r != nil {
			fault = fmt.Errorf("panic: %v", r)
		}
	}()
	fault = h.hold(w, path, int(number%uint64(max(h.Every, 1))))
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		return errors.Join(fault, err)
	}
	held := usage.Maxrss << 10
	if held > heaviestHere && h.peak <= heaviestHere {
		fault = errors.Join(fault, fmt.Errorf("this process has held %d MiB", held>>20))
	}
	h.peak = held
	return fault
}

// Peak is the most memory that this process has held, in bytes.
func (h *Holder) Peak() int64 { return h.peak }

// hold gives an input to each of the commands, by turns the rarer ones.
func (h *Holder) hold(w *Wreck, path string, turn int) error {
	status, report, err := look(path, turn%4 == 1)
	if err != nil {
		return fmt.Errorf("inspect: %w", err)
	}
	h.count(w, status)
	if status == nothing && len(report.Findings) == 0 {
		if err := h.silence(w, path, report.Kind); err != nil {
			return err
		}
	}
	formats := []dump.Format{dump.NDJSON, dump.Text, dump.RESP, dump.CSV, dump.NDJSON, dump.JSON}
	if err := list(path, formats[turn%len(formats)], turn%2 == 0, true); err != nil {
		return fmt.Errorf("dump: %w", err)
	}
	if err := h.others(w, path, status, turn); err != nil {
		return err
	}
	if h.Program.Path != "" && turn == 0 {
		return h.process(w, path, status)
	}
	return nil
}

func (h *Holder) count(w *Wreck, status int) {
	h.Counts[string(w.Seed.Kind)]++
	h.Counts["status "+strconv.Itoa(status)]++
	for _, way := range w.Ways {
		h.Counts["by "+way]++
	}
	if w.Mended {
		h.Counts["mended"]++
	}
}

// silence: inspect had nothing to say of what it took for a kind. A splice can
// leave nothing of the artefact, and all of the other one.
func (h *Holder) silence(w *Wreck, path string, kind input.Kind) error {
	other := kind != w.Seed.Kind && slices.Contains(w.Ways, "splice")
	switch {
	case other && sums(kind) && !legal(path, w.Data):
		return errors.New("silent, and not what a server writes")
	case other && kind != input.KindRDB && kind != "dump-payload":
		// Is the other, whole.
	case w.Seed.summed() && !w.Mended, w.Seed.Kind == "dump-payload":
		return errors.New("silent, and its checksum was left as it was")
	case sums(w.Seed.Kind) && !legal(path, w.Data):
		return errors.New("silent, and not what a server writes")
	case w.Seed.Kind == input.KindRDB: // mended, or of those that have no sum
		h.sound++
		if h.Every > 0 && h.sound%h.Every == 0 {
			return h.ask(w, path)
		}
	}
	h.Counts["sound"]++
	return nil
}

// ask asks a server's checker about a mended dump that inspect calls sound.
func (h *Holder) ask(w *Wreck, path string) error {
	magic := "REDIS"
	if bytes.HasPrefix(w.Data, []byte("VALKEY")) {
		magic = "VALKEY"
	}
	checker := h.Checkers[magic]
	if checker == "" {
		return nil
	}
	h.Counts["asked "+filepath.Base(checker)]++
	out, err := exec.Command(checker, path).Output()
	if err == nil || bytes.Contains(out, []byte("RDB version")) { // newer than the checker
		return nil
	}
	out = bytes.TrimSpace(out)
	return fmt.Errorf("called sound, and refused by %s:\n%s", filepath.Base(checker), out)
}

// others gives it to replay and diff, a third of all.
func (h *Holder) others(w *Wreck, path string, status, turn int) error {
	switch {
	case turn%3 != 0:
		return nil
	case w.Seed.Kind != input.KindRDB:
		return asStream(w, path, turn%2 == 0)
	}
	return h.asSide(w, path, status)
}

// asStream follows it, and explains with it the differences of its dumps.
func asStream(w *Wreck, path string, several bool) error {
	if err := follow(path, several); err != nil {
		return fmt.Errorf("replay: %w", err)
	}
	master := filepath.Join(w.Seed.Dir, "master.rdb")
	replica := filepath.Join(w.Seed.Dir, "replica.rdb")
	if _, err := os.Stat(replica); err != nil || w.Seed.Dir == "" {
		return nil
	}
	if _, err := compare(master, replica, path); err != nil {
		return fmt.Errorf("diff with it as stream: %w", err)
	}
	return nil
}

// asSide compares it with what it was.
func (h *Holder) asSide(w *Wreck, path string, status int) error {
	whole := filepath.Join(h.Dir, "whole")
	if err := os.WriteFile(whole, w.Seed.Data, 0o600); err != nil {
		return err
	}
	got, err := compare(whole, path)
	switch {
	case err != nil:
		return fmt.Errorf("diff: %w", err)
	case status == damaged && got < damaged && got != unreadable:
		return fmt.Errorf("damaged for inspect, and diff ends with status %d", got)
	}
	return nil
}

// process runs the program as a user does.
func (h *Holder) process(w *Wreck, path string, status int) error {
	for _, args := range [][]string{
		{"inspect", path}, {"dump", path, "--salvage"}, {"replay", path},
		{"diff", path, path, "--engine", "none"},
	} {
		var complaint bytes.Buffer
		cmd := exec.Command(h.Program.Path, args...)
		cmd.Stderr = &complaint
		err := cmd.Run()
		var exit *exec.ExitError
		if err != nil && !errors.As(err, &exit) {
			return err
		}
		got := cmd.ProcessState.ExitCode()
		usage, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage)
		switch {
		case got < 0 || got > damaged || bytes.Contains(complaint.Bytes(), []byte("goroutine ")):
			return fmt.Errorf("%v: status %d\n%.2000s", args, got, complaint.Bytes())
		case args[0] == "inspect" && got != status:
			return fmt.Errorf("inspect: status %d as a process, %d within this one", got, status)
		case args[0] != "diff" && ok && usage.Maxrss<<10 > heaviest:
			return fmt.Errorf("%v held %d MiB", args, usage.Maxrss>>10)
		}
	}
	h.Counts["as a process"]++
	if now, err := os.ReadFile(path); err == nil && !bytes.Equal(now, w.Data) {
		return errors.New("the input was changed")
	}
	return nil
}

// keep copies an input that failed to a place of its own.
func (h *Holder) keep(path string, number uint64) (kept string, err error) {
	kept = filepath.Join(h.Dir, "failed-"+strconv.FormatUint(number, 10))
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		return kept, os.CopyFS(kept, os.DirFS(path))
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return kept, err
	}
	return kept, os.WriteFile(kept, data, 0o600)
}
