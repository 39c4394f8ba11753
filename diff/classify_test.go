package diff

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/redsleuth/redsleuth/filter"
	"github.com/redsleuth/redsleuth/finding"
)

// ctime is an AUX field: a dump made at 1700000000.
const ctime = "fa 05 6374696d65 0a 31373030303030303030\n"

// The second in which that dump was made ends at 1700000000999: a key that
// expires a millisecond before has expired, one that expires then has not.
const (
	expired    = "e66be5cf8b010000"
	notExpired = "e76be5cf8b010000"
)

// key is a string at key k that expires at a time in hex, or never.
func key(at, content string) string {
	if at == "" {
		return "fe 00 00 01 6b 01" + content
	}
	return "fe 00 fc" + at + "00 01 6b 01" + content
}

func TestKinds(t *testing.T) {
	const (
		never   = ""
		past    = "0100000000000000"
		far     = "00dc0ab29c030000" // in 2095
		farther = "d0e30ab29c030000" // 2 s later
		most    = "ffffffffffffff7f"
		version = "fa 09 72656469732d766572 05 372e322e34 " // redis-ver 7.2.4
	)
	for name, c := range map[string]struct {
		master, replica string
		options         Options
		want            string
	}{
		"equal":                     {key(never, "31"), key(never, "31"), Options{}, "1 equal"},
		"missing":                   {key(never, "31"), "", Options{}, "missing-on-replica unexplained"},
		"extra":                     {"", key(never, "31"), Options{}, "extra-on-replica unexplained"},
		"type":                      {key(never, "31"), "fe 00 01 01 6b 01 01 31", Options{}, "type unexplained"},
		"value":                     {key(never, "31"), key(never, "32"), Options{}, "value unexplained, 1 change"},
		"value before ttl":          {key(far, "31"), key(farther, "32"), Options{}, "value unexplained, 1 change"},
		"ttl":                       {key(far, "31"), key(farther, "31"), Options{TTLSkew: time.Second}, "ttl unexplained"},
		"ttl within skew":           {key(far, "31"), key(farther, "31"), Options{TTLSkew: 2 * time.Second}, "1 equal, 1 skewed by 2000"},
		"ttl on one side":           {key(far, "31"), key(never, "31"), Options{TTLSkew: time.Hour}, "ttl unexplained"},
		"ttls as far as can be":     {key(most, "31"), key(past, "31"), Options{TTLSkew: time.Hour}, "ttl unexplained"},
		"another database":          {key(never, "31"), "fe 01 00 01 6b 01 31", Options{}, "missing-on-replica unexplained; extra-on-replica unexplained"},
		"expired and gone":          {ctime + key(expired, "31"), ctime, Options{}, "missing-on-replica expired proved"},
		"the later dump says when":  {key(expired, "31"), ctime, Options{}, "missing-on-replica expired proved"},
		"expired on the replica":    {ctime, ctime + key(past, "31"), Options{}, "extra-on-replica expired proved"},
		"not expired yet":           {ctime + key(notExpired, "31"), ctime, Options{}, "missing-on-replica unexplained"},
		"expired by --now":          {key(far, "31"), "", Options{Now: time.UnixMilli(1 << 52)}, "missing-on-replica expired proved"},
		"nothing says when it was":  {key(past, "31"), "", Options{}, "missing-on-replica unexplained"},
		"expired with another":      {ctime + key(past, "31"), ctime + key(past, "32"), Options{}, "value unexplained, 1 change"},
		"only expired ones":         {ctime + key(never, "31"), ctime, Options{Filter: filter.Filter{Expired: true}}, ""},
		"only expired ones, one is": {ctime + key(past, "31"), ctime, Options{Filter: filter.Filter{Expired: true}}, "missing-on-replica expired proved"},
		"only lists":                {key(never, "31"), "", Options{Filter: filter.Filter{Types: []string{"list"}}}, ""},
		"only lists, on one side":   {key(never, "31"), "fe 00 01 01 6b 01 01 31", Options{Filter: filter.Filter{Types: []string{"list"}}}, "type unexplained"},
		"large ones":                {key(never, "31"), key(never, "32"), Options{Filter: filter.Filter{MinSize: 100}}, ""},
		"not its database":          {key(never, "31"), "", Options{Filter: filter.Filter{DBs: []int{1}}}, ""},
		"without an expiry":         {key(far, "31"), "", Options{Filter: filter.Filter{NoTTL: true}}, ""},
		"without one on one side":   {key(far, "31"), "fe 00 00 01 6b 01 31", Options{Filter: filter.Filter{NoTTL: true}}, "ttl unexplained"},
		"its slot":                  {"fe 00 00 01 6b 01 31", "", Options{Filter: filter.Filter{Slots: []filter.Slots{{First: 7629, Last: 7629}}}}, "missing-on-replica unexplained"},
		"another slot":              {"fe 00 00 01 6b 01 31", "", Options{Filter: filter.Filter{Slots: []filter.Slots{{First: 7630, Last: 7631}}}}, ""},
		"what costs enough":         {version + key(never, "31"), "", Options{Filter: filter.Filter{MinMemory: 40}}, "missing-on-replica unexplained"},
		"what costs less":           {version + key(never, "31"), "", Options{Filter: filter.Filter{MinMemory: 100}}, ""},
		"not that key":              {key(never, "31"), "", Options{Filter: filter.Filter{Exclude: [][]byte{[]byte("k")}}}, ""},
		"the last of two counts":    {key(never, "31") + "00 01 6b 01 32", key(never, "32"), Options{}, "1 equal; duplicate-key"},
		"a dump cut short": {key(never, "31"), "fe 00 00 01 61 20 31", Options{},
			"1 unread; truncated; keys-unread"},
	} {
		t.Run(name, func(t *testing.T) {
			c.options.MaxMemory = 1 << 20
			r, err := Compare(t.Context(), one(open(t, dumpFile(t, "0011", c.master))), one(open(t, dumpFile(t, "0011", c.replica))), c.options)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, inShort(r)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestNoVersion: a filter by memory that can't be applied is an error.
func TestNoVersion(t *testing.T) {
	o := Options{MaxMemory: 1 << 20, Filter: filter.Filter{MinMemory: 1}}
	_, err := Compare(t.Context(), one(open(t, dumpFile(t, "0011", key("", "31")))), one(open(t, dumpFile(t, "0011", ""))), o)
	if !errors.Is(err, errNoVersion) {
		t.Error(err)
	}
}

// inShort says what a report found.
func inShort(r *Report) string {
	said := ""
	add := func(format string, args ...any) {
		if said != "" {
			said += "; "
		}
		said += fmt.Sprintf(format, args...)
	}
	for _, d := range r.Differences {
		words := string(d.Kind) + " " + string(d.Cause)
		if d.Confidence != "" {
			words += " " + string(d.Confidence)
		}
		if len(d.Changes) > 0 {
			words += fmt.Sprintf(", %d change", len(d.Changes))
		}
		add("%s", words)
	}
	if r.Summary.Equal > 0 && r.Summary.SkewedKeys > 0 {
		add("%d equal, %d skewed by %d", r.Summary.Equal, r.Summary.SkewedKeys, r.Summary.SkewMax)
	} else if r.Summary.Equal > 0 {
		add("%d equal", r.Summary.Equal)
	}
	if r.Summary.Unread > 0 {
		add("%d unread", r.Summary.Unread)
	}
	for _, f := range r.Findings {
		add("%s", f.Code)
	}
	return said
}

// TestDelay: before 7.0 a replica counts relative expiries from when it runs
// them, so a later expiry there is no difference in the data.
func TestDelay(t *testing.T) {
	const at, later, muchLater = "00dc0ab29c030000", "e8030bb29c030000", "00dc1ab29c030000"
	for name, c := range map[string]struct {
		format, master, replica string
		want                    finding.Cause
	}{
		"later on a replica of 6.2":       {"0009", at, later, finding.CauseExpired},
		"earlier on a replica of 6.2":     {"0009", later, at, finding.CauseUnexplained},
		"much later than a link may hang": {"0009", at, muchLater, finding.CauseUnexplained},
		"later on a replica of 7.0":       {"0010", at, later, finding.CauseUnexplained},
	} {
		t.Run(name, func(t *testing.T) {
			master, replica := dumpFile(t, c.format, key(c.master, "31")), dumpFile(t, c.format, key(c.replica, "31"))
			r := compare(t, open(t, master), open(t, replica), Options{MaxMemory: 1 << 20})
			if len(r.Differences) != 1 || r.Differences[0].Kind != TTLDiffers || r.Differences[0].Cause != c.want {
				t.Errorf("%s", inShort(r))
			}
		})
	}
}

// TestPassed: of keys that are equal too, those that a filter by size leaves out are not
// counted as compared.
func TestPassed(t *testing.T) {
	const version = "fa 09 72656469732d766572 05 372e322e34 "                            // redis-ver 7.2.4
	dump := version + "fe 00 00 01 61 01 31 00 01 62 40 c8 " + strings.Repeat("78", 200) // a: 1, b: 200 bytes
	small := strings.Replace(dump, "40 c8 "+strings.Repeat("78", 200), "01 78", 1)
	for name, c := range map[string]struct {
		replica string
		filter  filter.Filter
		want    Passed
	}{
		"by size":             {dump, filter.Filter{MinSize: 100}, Passed{1, 2, 2}},
		"by memory":           {dump, filter.Filter{MinMemory: 200}, Passed{1, 2, 2}},
		"large on one side":   {small, filter.Filter{MinSize: 100}, Passed{1, 2, 2}},
		"costly on one side":  {small, filter.Filter{MinMemory: 200}, Passed{1, 2, 2}},
		"nothing is so large": {dump, filter.Filter{MinMemory: 2000}, Passed{0, 2, 2}},
		"all are":             {dump, filter.Filter{MinSize: 1}, Passed{2, 2, 2}},
	} {
		t.Run(name, func(t *testing.T) {
			r, err := Compare(t.Context(), one(open(t, dumpFile(t, "0011", dump))),
				one(open(t, dumpFile(t, "0011", c.replica))), Options{MaxMemory: 1 << 20, Filter: c.filter})
			if err != nil {
				t.Fatal(err)
			}
			if got := r.Passed(); got == nil || *got != c.want {
				t.Errorf("%+v, want %+v", got, c.want)
			}
		})
	}
}
