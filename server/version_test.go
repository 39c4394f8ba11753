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

func TestOrder(t *testing.T) {
	inOrder := []string{"2.8.24", "4.0.3", "4.0.4", "7.2.4", "valkey 7.2.5", "valkey 8.0.1", "8.4.0", "255.255.255"}
	for i, text := range inOrder {
		v, err := Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		for j, other := range inOrder {
			w, err := Parse(other)
			if err != nil {
				t.Fatal(err)
			}
			if got := v.Compare(w); (got < 0) != (i < j) || (got > 0) != (i > j) {
				t.Errorf("%s against %s is %d", v, w, got)
			}
			if v.AtLeast(w.Major, w.Minor, w.Patch) != (i >= j) || v.Before(w.Major, w.Minor, w.Patch) != (i < j) {
				t.Errorf("%s at least %s, or before it", v, w)
			}
		}
	}
	if none := (Version{}); !none.IsZero() || none.String() != "" {
		t.Errorf("no version is %q", none)
	}
}
