package rdb

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/redsleuth/redsleuth/parse"
)

func TestNewReader(t *testing.T) {
	// A string of 64 bytes, the fewest that are held against a limit.
	data := unhex(t, redis12+"fe 00\n00 01 6b 40 40"+strings.Repeat(" 76", 64)+"\n"+noSum)
	broken := errors.New("no such disk")
	for _, c := range []struct {
		name    string
		r       io.Reader
		options []Option
		want    error // of reading the value; nil for none
	}{
		{"whole", bytes.NewReader(data), nil, nil},
		{"byte by byte", iotest.OneByteReader(bytes.NewReader(data)), nil, nil},
		{"enough room", bytes.NewReader(data), []Option{WithLimits(parse.Limits{MaxElement: 64})}, nil},
		{"too little", bytes.NewReader(data), []Option{WithLimits(parse.Limits{MaxElement: 63})}, parse.ErrLimit},
		{"cut", bytes.NewReader(data[:len(data)-12]), nil, parse.ErrTruncated},
		{"a reader that fails", io.MultiReader(bytes.NewReader(data[:15]), iotest.ErrReader(broken)), nil, broken},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := NewReader(c.r, c.options...)
			defer d.Close()
			var value string
			var failed error
			for rec, err := range d.Records() {
				if err == nil && rec.Kind == KindKey {
					err = d.Value(func(e *Element) error { value += string(e.Member); return nil })
				}
				failed = errors.Join(failed, err)
			}
			if !errors.Is(failed, c.want) || c.want == nil && (failed != nil || value != strings.Repeat("v", 64)) {
				t.Errorf("%q, %v; want %v", value, failed, c.want)
			}
		})
	}
}

// endless is a dump without an end, which says when it is no longer read.
type endless struct{ reads chan struct{} }

func (e endless) Read(p []byte) (int, error) {
	e.reads <- struct{}{}
	return copy(p, strings.Repeat("\x00\x01k\x01v", len(p)/5+1)), nil
}

// A decoder that is closed before the end leaves nothing running.
func TestCloseEndsTheReading(t *testing.T) {
	reads := make(chan struct{})
	d := NewReader(io.MultiReader(strings.NewReader("REDIS0011"), endless{reads}))
	<-reads // it reads ahead
	d.Close()
	d.Close()
	for range 20 { // what was under way
		select {
		case <-reads:
		case <-time.After(100 * time.Millisecond):
			return
		}
	}
	t.Error("it is read on and on")
}
