package server

import "testing"

func TestParse(t *testing.T) {
	for _, c := range []struct {
		text, want string
	}{
		{"4.0.3", "4.0.3"},
		{"7.0", "7.0.0"},
		{"7", "7.0.0"},
		{" redis 7.2 ", "7.2.0"},
		{"7.0-rc1", "7.0.0"},
		{"valkey 8.0.1", "valkey 8.0.1"},
		{"valkey-9.0.0", "valkey 9.0.0"},
		{"Valkey/8.1", "valkey 8.1.0"},
		{"255.255.255", "255.255.255"},
	} {
		v, err := Parse(c.text)
		if err != nil || v.String() != c.want {
			t.Errorf("%q is %s, %v, want %s", c.text, v, err, c.want)
		}
	}
	for _, text := range []string{"", "7.x", "7.-1", "1.2.3.4", "memcached 1.6.2", "valkey"} {
		if v, err := Parse(text); err == nil {
			t.Errorf("%q was taken for %s", text, v)
		}
	}
}

func TestParseAux(t *testing.T) {
	for _, c := range []struct{ field, value, want string }{
		{"redis-ver", "4.0.3", "4.0.3"},
		{"valkey-ver", "8.0.1", "valkey 8.0.1"},
		{"redis-ver", "unknown", ""},
	} {
		if got := ParseAux(c.field, c.value).String(); got != c.want {
			t.Errorf("%s %q is %q, want %q", c.field, c.value, got, c.want)
		}
	}
}

func TestOrder(t *testing.T) {
	inOrder := []string{"2.8.24", "4.0.3", "4.0.4", "4.1.0", "5.0.0", "7.2.4", "8.4.0", "8.10.0", "255.255.255"}
	for i, text := range inOrder {
		for j, other := range inOrder {
			v, w := parse(t, text), parse(t, other)
			if got := v.before(w); got != (i < j) {
				t.Errorf("%s before %s: %v", v, w, got)
			}
		}
	}
	if none := (Version{}); !none.IsZero() || none.String() != "" {
		t.Errorf("no version is %q", none)
	}
}

func parse(t *testing.T, text string) Version {
	t.Helper()
	v, err := Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return v
}
