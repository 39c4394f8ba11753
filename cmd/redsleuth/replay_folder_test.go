package main

import (
	"context"
	"fmt"
	"syscall"
	"testing"

	"github.com/redsleuth/redsleuth/parse"
	"github.com/redsleuth/redsleuth/parse/input"
)

// Keys are not counted in silence where a dump is to blame for it, and nothing else.
func TestUnreadable(t *testing.T) {
	for name, test := range map[string]struct {
		err  error
		want bool
	}{
		"damage":    {fmt.Errorf("r.rdb: %w", parse.At(9, parse.Damaged("no such type"))), true},
		"no dump":   {fmt.Errorf("r.aof: %w as a keyspace", input.ErrUnrecognised), true},
		"no space":  {fmt.Errorf("write /tmp/x: %w", syscall.ENOSPC), false},
		"a disk":    {fmt.Errorf("read r.rdb: %w", syscall.EIO), false},
		"it is off": {context.Canceled, false},
	} {
		t.Run(name, func(t *testing.T) {
			if got := unreadable(test.err); got != test.want {
				t.Error(got)
			}
		})
	}
}
