package main

import (
	"strings"
	"testing"
	"time"

	"github.com/redsleuth/redsleuth/parse/record"
)

// typed are times as people type them, the stream in which they are meant, and
// which ones they are: in one within a day, and in one from shortly before
// midnight to ten past.
const typed = `
2026-11-30T18:09:30Z       day    2026-11-30T18:09:30Z
2026-11-30T18:09:30+02:00  day    2026-11-30T16:09:30Z
2026-11-30T18:09:30.25     day    2026-11-30T18:09:30.25Z
2026-11-30 18:09:30        day    2026-11-30T18:09:30Z
2026-11-30 18:09           day    2026-11-30T18:09:00Z
2026-11-30                 day    2026-11-30T00:00:00Z
17:30:00                   day    2026-11-30T17:30:00Z
17:30                      day    2026-11-30T17:30:00Z
17:30:00.5                 day    2026-11-30T17:30:00.5Z
16:00                      day    2026-11-30T16:00:00Z  before it begins: all of it
19:00                      day    2026-11-30T19:00:00Z  after it ends: nothing of it
23:55                      night  2026-11-30T23:55:00Z
00:05                      night  2026-12-01T00:05:00Z
00:20                      night  2026-11-30T00:20:00Z
-10m                       day    2026-11-30T17:50:00Z
-1h30m                     night  2026-11-30T22:40:00Z
-1d12h                     day    2026-11-29T06:00:00Z
-250ms                     day    2026-11-30T17:59:59.75Z
`

func TestMoments(t *testing.T) {
	at := func(text string) time.Time {
		v, err := time.Parse(time.RFC3339, text)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	streams := map[string]span{
		"night": {at("2026-11-30T23:50:00Z"), at("2026-12-01T00:10:00Z")},
		"day":   {at("2026-11-30T17:00:00Z"), at("2026-11-30T18:00:00Z")},
	}
	for line := range strings.Lines(strings.TrimSpace(typed)) {
		text, rest, _ := strings.Cut(line, "  ")
		column := strings.Fields(rest)
		t.Run(text, func(t *testing.T) {
			m, err := parseMoment("--from", text)
			if err != nil {
				t.Fatal(err)
			}
			p, err := m.position(streams[column[0]], time.Time{})
			if want := at(column[1]); err != nil || !p.Time.Equal(want) {
				t.Errorf("%s, %v, want %s", p.Time, err, want)
			}
		})
	}
	t.Run("an offset", func(t *testing.T) {
		m, err := parseMoment("--from", "1200")
		if p, _ := m.position(streams["day"], time.Time{}); err != nil || p.Offset != 1200 || !p.Time.IsZero() {
			t.Errorf("%+v, %v", p, err)
		}
	})
	for _, text := range []string{"25:00", "-", "-10", "-x", "--10m", "noon", "-3", "10m", "-10m-5m", "-99999999d"} {
		t.Run("not "+text, func(t *testing.T) {
			if m, err := parseMoment("--from", text); err == nil {
				t.Errorf("%+v", m)
			}
		})
	}
	m, err := parseMoment("--to", "-1m")
	if err != nil || m.offset != record.Unknown {
		t.Fatal(err)
	}
	if _, err := m.position(span{}, time.Time{}); err == nil {
		t.Error("a stream without times has no end to be before")
	}
}
