package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"
)

// A row compares two command lines; the ratio is that of a's time to b's.
type row struct {
	name   string
	a, b   []string
	target string
}

// findingsStatus is the exit status with which redsleuth says that it is done
// and found something; a larger one means that it did not do its work.
const findingsStatus = 1

// sample is one finished run.
type sample struct {
	Wall   time.Duration
	CPU    time.Duration // of all cores
	Peak   int64         // KiB
	Status int
}

// compare runs a and b in turn, so that a machine whose speed drifts slows
// both, and prints the median of the ratios.
func (b *bench) compare(r row) error {
	var ratios, work, as, bs []float64
	var peakA, peakB int64
	for i := range b.runs + 1 {
		sa, err := b.runOnce(r.a)
		if err != nil {
			return err
		}
		sb, err := b.runOnce(r.b)
		if err != nil {
			return err
		}
		if i == 0 {
			continue // warm-up
		}
		as, bs = append(as, sa.Wall.Seconds()), append(bs, sb.Wall.Seconds())
		ratios = append(ratios, sa.Wall.Seconds()/sb.Wall.Seconds())
		work = append(work, sa.CPU.Seconds()/sb.CPU.Seconds())
		peakA, peakB = max(peakA, sa.Peak), max(peakB, sb.Peak)
	}
	fmt.Printf("%-36s %6.2f   (wanted: %s; from %.2f to %.2f; in processor time %.2f)\n", r.name,
		median(ratios), r.target, slices.Min(ratios), slices.Max(ratios), median(work))
	fmt.Printf("    %-32s %6.3f s %6d MiB\n", title(r.a), median(as), peakA/1024)
	fmt.Printf("    %-32s %6.3f s %6d MiB\n", title(r.b), median(bs), peakB/1024)
	return nil
}

// runOnce times a whole process, of which the status says that it did its work:
// a tool that gives up early would look fast. It is started by another of this program:
// what the system says of a process's memory begins with that of who started it, which
// here has made the inputs.
func (b *bench) runOnce(args []string) (s sample, err error) {
	cmd := exec.Command(b.self, append([]string{"measured"}, args...)...)
	var said, measured bytes.Buffer
	cmd.Stdout, cmd.Stderr = &measured, &said
	if err := cmd.Run(); err != nil {
		return sample{}, fmt.Errorf("%s: %w: %s", args[0], err, said.Bytes())
	}
	if err := json.Unmarshal(measured.Bytes(), &s); err != nil {
		return sample{}, err
	}
	if s.Status != 0 && (args[0] != b.program || s.Status != findingsStatus) {
		return sample{}, fmt.Errorf("%s: exit status %d: %s", strings.Join(args, " "), s.Status, said.Bytes())
	}
	return s, nil
}

// runMeasured runs a process, of which the output goes nowhere, and prints its sample.
func runMeasured(args []string) error {
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Stderr = os.Stderr
	began := time.Now()
	err := cmd.Run()
	s := sample{Wall: time.Since(began)}
	if cmd.ProcessState == nil {
		return err
	}
	s.Status = cmd.ProcessState.ExitCode()
	if usage, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage); ok {
		s.Peak = int64(usage.Maxrss)
		s.CPU = time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
	}
	return json.NewEncoder(os.Stdout).Encode(s)
}

func median(v []float64) float64 {
	s := slices.Sorted(slices.Values(v))
	return s[len(s)/2]
}

func title(args []string) string {
	words := []string{filepath.Base(args[0])}
	for _, a := range args[1:] {
		if !strings.Contains(a, "/") {
			words = append(words, a)
		}
	}
	return strings.Join(words, " ")
}
