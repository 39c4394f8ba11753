package mixed

import (
	"context"
	"fmt"
	"os"
	"slices"
	"testing"
)

// alone is what redistest and pcaptest ask of a test, outside of any: what fails
// is a panic, which Alone makes an error.
type alone struct {
	testing.TB
	cleanups []func()
}

// failure is what a panic of alone holds.
type failure string

func (*alone) Helper()                   {}
func (*alone) Logf(string, ...any)       {}
func (*alone) Context() context.Context  { return context.Background() }
func (*alone) Error(args ...any)         { fmt.Fprintln(os.Stderr, args...) }
func (*alone) Errorf(f string, a ...any) { fmt.Fprintf(os.Stderr, f+"\n", a...) }
func (*alone) Fatal(args ...any)         { panic(failure(fmt.Sprint(args...))) }
func (*alone) Fatalf(f string, a ...any) { panic(failure(fmt.Sprintf(f, a...))) }
func (*alone) Skip(args ...any)          { panic(failure(fmt.Sprint(args...))) }
func (*alone) Skipf(f string, a ...any)  { panic(failure(fmt.Sprintf(f, a...))) }
func (t *alone) Cleanup(f func())        { t.cleanups = append(t.cleanups, f) }

// TempDir is removed when Alone ends.
func (t *alone) TempDir() string {
	dir, err := os.MkdirTemp("", "mixed-*")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}

// Alone runs what is written for a test without one. It returns why it failed.
func Alone(run func(testing.TB)) (err error) {
	t := &alone{}
	defer func() {
		for _, clean := range slices.Backward(t.cleanups) {
			clean()
		}
		switch r := recover().(type) {
		case nil:
		case failure:
			err = fmt.Errorf("%s", string(r))
		default:
			panic(r)
		}
	}()
	run(t)
	return nil
}
