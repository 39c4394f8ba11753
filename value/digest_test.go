package value

import (
	"encoding/hex"
	"strings"
	"testing"
)

// dumped decodes a value written in hex, with comments behind "//": its type
// byte and what stands behind the key. The footer says RDB version 11.
func dumped(t *testing.T, commented string) *Value {
	t.Helper()
	var digits strings.Builder
	for line := range strings.Lines(commented) {
		code, _, _ := strings.Cut(line, "//")
		for word := range strings.FieldsSeq(code) {
			digits.WriteString(word)
		}
	}
	b, err := hex.DecodeString(digits.String())
	if err != nil {
		t.Fatal(err)
	}
	v, err := FromDump(append(b, 11, 0, 0, 0, 0, 0, 0, 0, 0, 0))
	if err != nil {
		t.Fatalf("%v in %s", err, commented)
	}
	return v
}

func TestEqualWhateverTheEncoding(t *testing.T) {
	for name, equal := range map[string][]string{
		"string": {
			"00 02 3132  // 12",
			"00 c0 0c    // as int8",
			"00 c1 0c00  // as int16",
		},
		"list": {
			"01 02 01 32 01 35",
			"0a 0f 0f000000 0c000000 0200 00f3 02f6 ff // ziplist",
			"12 01 02 0b 0b000000 0200 02 01 05 01 ff // quicklist with one listpack",
		},
		"set": {
			"02 02 03 333030 02 2d31              // 300, -1",
			"02 02 02 2d31 03 333030              // the other way round",
			"0b 0c 02000000 02000000 ffff 2c01    // intset",
		},
		"hash": {
			"04 01 03 666f6f 03 626172             // foo: bar",
			"09 0b 01 03 666f6f 03 00 626172 ff    // zipmap",
			"10 11 11000000 0200 83666f6f04 8362617204 ff // listpack",
		},
		"zero": {
			"05 01 01 61 0000000000000000          // 0",
			"05 01 01 61 0000000000000080          // -0, which a listpack does not keep",
			"03 01 01 61 02 2d30                   // as text",
			"11 0c 0c000000 0200 8161 02 00 01 ff  // in a listpack",
		},
		"score": {
			"05 01 01 61 9a9999999999b93f          // 0.1",
			"03 01 01 61 03 302e31                 // 0.1",
			"03 01 01 61 13 302e3130303030303030303030303030303031 // %.17g of it",
		},
	} {
		first := dumped(t, equal[0])
		for _, other := range equal[1:] {
			if !Same(first, dumped(t, other)) {
				t.Errorf("%s: %s differs from %s", name, equal[0], other)
			}
		}
	}
}

func TestDifferentStaysDifferent(t *testing.T) {
	for name, pair := range map[string][2]string{
		"order of a list":      {"01 02 01 61 01 62", "01 02 01 62 01 61"},
		"once and twice":       {"01 01 01 61", "01 02 01 61 01 61"},
		"where strings end":    {"01 02 01 61 02 6262", "01 02 02 6162 01 62"},
		"field and value":      {"04 01 01 61 01 62", "04 01 01 62 01 61"},
		"list and set":         {"01 01 01 61", "02 01 01 61"},
		"scores printed alike": {"05 01 01 61 9a9999999999b93f", "05 01 01 61 9b9999999999b93f"},
		"infinities":           {"05 01 01 61 000000000000f07f", "05 01 01 61 000000000000f0ff"},
		"empty and missing":    {"04 01 00 01 61", "04 01 01 61 00"},
	} {
		if Same(dumped(t, pair[0]), dumped(t, pair[1])) {
			t.Errorf("%s: taken for equal", name)
		}
	}
}

func TestASumIsNotAnExclusiveOr(t *testing.T) {
	a, b := Hash([]byte("a")), Hash([]byte("b"))
	if a.Plus(b) != b.Plus(a) {
		t.Error("a sum depends on order")
	}
	if a.Plus(a).Plus(b) == b {
		t.Error("two equal elements cancel each other")
	}
	if (Digest{1, 1<<64 - 1}).Plus(Digest{0, 1}) != (Digest{2, 0}) {
		t.Error("the carry is lost")
	}
}
