package main

import (
	"fmt"
	"strconv"
	"strings"
)

// sizeFlag is a number of bytes on the command line: 1048576, 64k, 256MiB,
// 2GB. It is a pflag.Value; zero means not given.
type sizeFlag int64

// Type names the value in help.
func (s *sizeFlag) Type() string { return "size" }

func (s *sizeFlag) String() string {
	switch n := int64(*s); {
	case n == 0:
		return ""
	case n%(1<<30) == 0:
		return fmt.Sprintf("%dGiB", n>>30)
	case n%(1<<20) == 0:
		return fmt.Sprintf("%dMiB", n>>20)
	default:
		return strconv.FormatInt(n, 10)
	}
}

// Set takes a number with or without a unit. All units are powers of 1024, as
// in a server's configuration.
func (s *sizeFlag) Set(text string) error {
	digits := strings.TrimRight(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ ")
	n, err := strconv.ParseInt(digits, 10, 64)
	if err != nil || n <= 0 {
		return fmt.Errorf("%q is no size such as 64MiB", text)
	}
	unit := strings.ToLower(strings.TrimSpace(text[len(digits):]))
	shift, ok := map[string]int{
		"": 0, "b": 0, "k": 10, "kb": 10, "kib": 10, "m": 20, "mb": 20, "mib": 20, "g": 30, "gb": 30,
		"gib": 30, "t": 40, "tb": 40, "tib": 40,
	}[unit]
	if !ok || n > 1<<62>>shift {
		return fmt.Errorf("%q is no size such as 64MiB", text)
	}
	*s = sizeFlag(n << shift)
	return nil
}
