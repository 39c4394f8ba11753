package parse

import (
	"errors"
	"fmt"
	"io/fs"
	"testing"
)

func TestDamageIsToldFromOtherErrors(t *testing.T) {
	damage := At(70, Damaged("no type"), "a key")
	for _, c := range []struct {
		name string
		err  error
		at   int64 // of the damage, -1 for none
	}{
		{"nothing", nil, -1},
		{"a placed cause", damage, 70},
		{"one that was wrapped", fmt.Errorf("dump.rdb: %w", damage), 70},
		{"one among others", errors.Join(fs.ErrClosed, damage), 70},
		{"a cut", At(9, Truncated("the file")), 9},
		{"a limit", At(3, TooLarge("a key")), 3},
		{"placed twice", At(99, damage), 70},
		{"a cause without a place", Damaged("no type"), -1},
		{"an error of the system", At(70, fs.ErrPermission), -1},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, ok := AsDamage(c.err)
			if ok != (c.at >= 0) || IsDamage(c.err) != ok || ok && got.ByteOffset != c.at {
				t.Errorf("%v: %+v, %v", c.err, got, ok)
			}
		})
	}
}

func TestErrorSaysItsPlace(t *testing.T) {
	for _, c := range []struct {
		err  Error
		want string
	}{
		{Error{ByteOffset: 9, DB: -1, Err: Damaged("no type")}, "no type at byte 9"},
		{Error{ByteOffset: 9, DB: 0, Path: []string{"key", "field 17"}, Err: Truncated("cut")},
			"cut while reading key, field 17 in database 0 at byte 9"},
	} {
		t.Run(c.want, func(t *testing.T) {
			if got := c.err.Error(); got != c.want {
				t.Errorf("%q, want %q", got, c.want)
			}
		})
	}
}
