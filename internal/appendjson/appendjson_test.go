package appendjson

import (
	"bytes"
	"encoding/json"
	"math"
	"testing"
	"time"
)

func TestString(t *testing.T) {
	const text = "\x1b\x7f\u009b\u202e\U000e0001\"\\\n\u00e9"
	out := String(nil, []byte(text))
	if want := `"\u001b\u007f\u009b\u202e\udb40\udc01\"\\\né"`; string(out) != want {
		t.Errorf("%s, want %s", out, want)
	}
	var back string
	if err := json.Unmarshal(out, &back); err != nil || back != text {
		t.Errorf("reads back as %q, %v", back, err)
	}
}

// Eight bytes at once find the same as one after the other, whatever the byte
// and wherever it stands.
func TestPlainPrefix(t *testing.T) {
	for c := range 256 {
		for length := range 20 {
			for at := range length {
				b := bytes.Repeat([]byte("a"), length)
				b[at] = byte(c)
				want := length
				if !isPlain(byte(c)) {
					want = at
				}
				if got := plainPrefix(b); got != want {
					t.Fatalf("byte %#x at %d of %d: %d", c, at, length, got)
				}
			}
		}
	}
}

func TestBytes(t *testing.T) {
	for _, test := range []struct{ name, in, want string }{
		{"plain", "abc", `"abc"`},
		{"empty", "", `""`},
		{"quoted", `a"\\`, `"a\"\\\\"`},
		{"UTF-8", "\u00e9", "\"\u00e9\""},
		{"no UTF-8", "a\xff", `{"base64":"Yf8="}`},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := string(Bytes([]byte("x"), []byte(test.in))); got != "x"+test.want {
				t.Errorf("%s, want %s", got, test.want)
			}
		})
	}
}

func TestText(t *testing.T) {
	for in, want := range map[string]string{"": `""`, "rdb": `"rdb"`, "a\"\x1b\xff": `"a\"\u001b\ufffd"`} {
		t.Run(in, func(t *testing.T) {
			if got := string(Text(nil, in)); got != want {
				t.Errorf("%s, want %s", got, want)
			}
		})
	}
}

func TestScore(t *testing.T) {
	for want, f := range map[string]float64{
		"0": 0, "-0.0": math.Copysign(0, -1), "1000000": 1e6, "-9007199254740991": -(1<<53 - 1), "1e+20": 1e20, "0.1": 0.1,
		`"inf"`: math.Inf(1), `"-inf"`: math.Inf(-1), `"nan"`: math.NaN(),
	} {
		t.Run(want, func(t *testing.T) {
			if got := string(Score(nil, f)); got != want {
				t.Errorf("%s", got)
			}
		})
	}
}

func TestFloat32(t *testing.T) {
	for want, f := range map[string]float32{
		"1000000": 1e6, "0.1": 0.1, "-0.0": float32(math.Copysign(0, -1)), "1e+20": 1e20, `"-inf"`: float32(math.Inf(-1)),
	} {
		t.Run(want, func(t *testing.T) {
			if got := string(Float32(nil, f)); got != want {
				t.Errorf("%s", got)
			}
		})
	}
}

func TestTime(t *testing.T) {
	at := time.Date(2017, 11, 30, 14, 0, 0, 1_999_999, time.FixedZone("", 7200))
	if got, want := string(Time(nil, at)), `"2017-11-30T12:00:00.001Z"`; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	if got, want := string(Millis(nil, -1)), `"1969-12-31T23:59:59.999Z"`; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	for ms := int64(-99_999_999_999_999); ms < 300_000_000_000_000; ms += 1_234_567_890_123 {
		if got, want := string(Millis(nil, ms)), string(Time(nil, time.UnixMilli(ms))); got != want {
			t.Errorf("%d: %s, want %s", ms, got, want)
		}
	}
	if got, want := string(Millis(nil, 1<<58)), `"9135627-01-07T23:28:31.744Z"`; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

// What a whole document holds that does not print is escaped as in a string,
// and means the same.
func TestEscapeUnprintable(t *testing.T) {
	for _, test := range []struct{ name, in, want string }{
		{"nothing to do", `{"a":"b\u0000"}`, `{"a":"b\u0000"}`},
		{"DEL and C1", "\"\x7f\u009b\"", `"\u007f\u009b"`},
		{"beyond 16 bits", "\"\U000e0001\"", `"\udb40\udc01"`},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := string(EscapeUnprintable([]byte(test.in))); got != test.want {
				t.Errorf("%s, want %s", got, test.want)
			}
		})
	}
}

func TestAppendsWithoutAllocating(t *testing.T) {
	b, plain, odd := make([]byte, 0, 1024), []byte("a key of ordinary length"), []byte("a\xffb\n")
	if n := testing.AllocsPerRun(100, func() {
		b = Bytes(Bytes(b[:0], plain), odd)
		b = Text(Millis(Float32(Score(b, 12.5), 0.1), 1), "listpack")
	}); n > 0 {
		t.Errorf("%v allocations", n)
	}
}
