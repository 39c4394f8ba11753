package server

import "testing"

func TestSince(t *testing.T) {
	read := Since{Redis: 0x080a00, Valkey: 0x090200}
	shared := Since{Redis: 0x060200, Valkey: 0x060200}
	redisOnly := Since{Redis: 0x080400}
	valkeyFirst := Since{Redis: 0x080400, Valkey: 0x080100}
	for _, c := range []struct {
		name    string
		since   Since
		version string
		want    Answer
	}{
		{"the version itself", shared, "6.2.0", Yes},
		{"a patch before it", shared, "6.0.20", No},
		{"every Valkey has what Redis 6.2 has", shared, "valkey 7.2.5", Yes},
		{"the other family lacks it", redisOnly, "valkey 9.1.2", No},
		{"the other family, newer than what was read", redisOnly, "valkey 9.4.0", Unknown},
		{"each family has its own first version", valkeyFirst, "valkey 8.1.0", Yes},
		{"the same number of the other family", valkeyFirst, "8.2.0", No},
		{"a patch of the newest that was read", redisOnly, "valkey 9.2.0", No},
		{"an unstable build of Redis", redisOnly, "255.255.255", Yes},
		{"an unstable build and what only Valkey has", Since{Valkey: 0x090000}, "255.255.255", Unknown},
	} {
		t.Run(c.name, func(t *testing.T) {
			v, err := Parse(c.version)
			if err != nil {
				t.Fatal(err)
			}
			if got := c.since.Of(v, read); got != c.want {
				t.Errorf("%s has it: %d, want %d", v, got, c.want)
			}
		})
	}
	if shared.Of(Version{}, read) != Unknown {
		t.Error("no version is known to have or to lack it")
	}
	if got := valkeyFirst.In(valkey(7, 2, 5)); got != valkey(8, 1, 0) {
		t.Errorf("first version of Valkey: %s", got)
	}
	if got := redisOnly.In(valkey(7, 2, 5)); !got.IsZero() {
		t.Errorf("first version of Valkey: %s", got)
	}
}

func TestNumber(t *testing.T) {
	for _, v := range []Version{redis(2, 6, 12), redis(8, 10, 3), valkey(9, 1, 2), redis(255, 255, 255)} {
		t.Run(v.String(), func(t *testing.T) {
			if got := (Since{}).With(v).In(v); got != v {
				t.Errorf("became %s", got)
			}
		})
	}
	if got := redis(7, 300, -1).pack(); got != 0x07ff00 {
		t.Errorf("parts out of range: %06x", got)
	}
}
