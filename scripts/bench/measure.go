package main

import (
	"bytes"
	"fmt"
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
	wall time.Duration
	cpu  time.Duration // of all cores
	peak int64         // KiB
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
		as, bs = append(as, sa.wall.Seconds()), append(bs, sb.wall.Seconds())
		ratios = append(ratios, sa.wall.Seconds()/sb.wall.Seconds())
		work = append(work, sa.cpu.Seconds()/sb.cpu.Seconds())
		peakA, peakB = max(peakA, sa.peak), max(peakB, sb.peak)
	}
	fmt.Printf("%-36s %6.2f   (wanted: %s; from %.2f to %.2f; in processor time %.2f)\n", r.name,
		median(ratios), r.target, slices.Min(ratios), slices.Max(ratios), median(work))
	fmt.Printf("    %-32s %6.3f s %6d MiB\n", title(r.a), median(as), peakA/1024)
	fmt.Printf("    %-32s %6.3f s %6d MiB\n", title(r.b), median(bs), peakB/1024)
	return nil
}

// runOnce times a whole process, of which the status says that it did its work:
// a tool that gives up early would look fast.
func (b *bench) runOnce(args []string) (sample, error) {
	cmd := exec.Command(args[0], args[1:]...)
	var said bytes.Buffer
	cmd.Stderr = &said
	began := time.Now()
	err := cmd.Run()
	wall := time.Since(began)
	if cmd.ProcessState == nil {
		return sample{}, fmt.Errorf("%s: %w", args[0], err)
	}
	status := cmd.ProcessState.ExitCode()
	if status != 0 && (args[0] != b.program || status != findingsStatus) {
		return sample{}, fmt.Errorf("%s: exit status %d: %s", strings.Join(args, " "), status, said.Bytes())
	}
	s := sample{wall: wall}
	if usage, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage); ok {
		s.peak = int64(usage.Maxrss)
		s.cpu = time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
	}
	return s, nil
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
