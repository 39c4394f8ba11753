package script

import (
	"fmt"
	"strings"
	"testing"
)

func TestAnalyse(t *testing.T) {
	for _, c := range []struct{ name, body, want string }{
		{"declared key", "return redis.call('incr', KEYS[1])", "[INCR] writes [INCR] danger []"},
		{"read only", `local v = redis.pcall("GET", KEYS[1]) return v`, "[GET] writes [] danger []"},
		{"a key in the text", "redis.call('set','k',1)", "[SET] writes [SET] danger [undeclared-key]"},
		{"a key out of an argument", "redis.call('set', ARGV[1], 1)", "[SET] writes [SET] danger [computed-key]"},
		{"a key that is put together", "redis.call('set', 'a' .. KEYS[1], 1)", "[SET] writes [SET] danger [computed-key]"},
		{"a command out of an argument", "return redis.call(ARGV[1], KEYS[1])", "[] writes [] danger [computed-command]"},
		{"an alias", "local call = redis.call\nif true then call('DEL', KEYS[1]) end", "[DEL] writes [DEL] danger []"},
		{"an alias by assignment", "call = redis.call call('DEL', KEYS[1])", "[DEL] writes [DEL] danger []"},
		{"the object under another name", "local r = redis r.call('DEL', KEYS[1])", "[] writes [] danger [computed-command]"},
		{"call passed on", "return pcall(redis.call, 'DEL', KEYS[1])", "[] writes [] danger [computed-command]"},
		{"an alias passed on", "local call = redis.call local c = call c('DEL', KEYS[1])", "[] writes [] danger [computed-command]"},
		{"call in a table", "local t = {c = redis.call} t.c('DEL', KEYS[1])", "[] writes [] danger [computed-command]"},
		{"a computed field of the object", "return redis[ARGV[1]]('DEL', KEYS[1])", "[] writes [] danger [computed-command]"},
		{"a field by its name in a string", "return redis['call']('DEL', KEYS[1])", "[DEL] writes [DEL] danger []"},
		{"code out of a string", "return loadstring(ARGV[1])()", "[] writes [] danger [computed-command]"},
		{"other functions of the object", "redis.log(redis.LOG_NOTICE, redis.sha1hex('x')) return redis.status_reply('OK')", "[] writes [] danger []"},
		{"the server object", "return server.call('GET', KEYS[1])", "[GET] writes [] danger []"},
		{"nested and repeated", "for i=1,2 do if redis.call('exists', KEYS[i]) == 1 then redis.call('del', KEYS[i]) end end redis.call('DEL', KEYS[1])",
			"[DEL EXISTS] writes [DEL] danger []"},
		{"time and randomness", "local t = redis.call('TIME') math.randomseed(t[1]) return redis.call('spop', KEYS[1])", "[SPOP TIME] writes [SPOP] danger [random time]"},
		{"order", "return redis.call('smembers', KEYS[1])", "[SMEMBERS] writes [] danger [unordered]"},
		{"replication", "redis.replicate_commands() redis.set_repl(redis.REPL_ALL) return 1", "[] writes [] danger [replication]"},
		{"not Lua", "return (", "[] writes [] danger [unparsed]"},
		{"nothing", "", "[] writes [] danger []"},
		{"flags alone make no library", "#!lua flags=no-writes\nreturn redis.call('get', KEYS[1])", "[GET] writes [] danger []"},
		{"another script", "return redis.call('evalsha', 'ABC', 0)", "[EVALSHA] writes [EVALSHA] danger [nested-script]"},
		{"an unknown command writes, for all that is known", "redis.call('nosuch.add', KEYS[1])", "[NOSUCH.ADD] writes [NOSUCH.ADD] danger []"},
	} {
		a := Analyse([]byte(c.body))
		if got := fmt.Sprintf("%v writes %v danger %v", a.Commands, a.Writes, a.Danger); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
		if a.Library != nil {
			t.Errorf("%s: a library", c.name)
		}
	}
}

// A library's functions get the keys as their first argument, by any name.
func TestKeysOfALibrary(t *testing.T) {
	for body, want := range map[string]string{
		"function(k, a) return redis.call('SET', k[1], a[1]) end": "[]",
		"function(k, a) return redis.call('SET', a[1], k[1]) end": "[computed-key]",
	} {
		if a := Analyse([]byte("#!lua name=l\nredis.register_function('f', " + body + ")")); fmt.Sprint(a.Danger) != want {
			t.Errorf("%s: %v, want %s", body, a.Danger, want)
		}
	}
}

func TestLibraries(t *testing.T) {
	for _, c := range []struct{ name, body, want string }{
		{"two forms", "#!lua name=lib\nlocal function f() end\nredis.register_function('f', f)\nredis.register_function{function_name='g', callback=f, flags={'no-writes','allow-stale'}}",
			"{lua lib [{f []} {g [no-writes allow-stale]}] true}"},
		{"Valkey", "#!LUA name=l\nserver.register_function('f', function(keys, args) return server.call('SET', keys[1], 1) end)", "{lua l [{f []}] true}"},
		{"in a loop", "#!lua name=l\nfor _, n in ipairs{'a','b'} do redis.register_function(n, function() end) end", "{lua l [] false}"},
		{"not Lua", "#!js name=l\nconst x = 1;", "{js l [] false}"},
	} {
		a := Analyse([]byte(c.body))
		if a.Library == nil {
			t.Errorf("%s: no library", c.name)
			continue
		}
		if got := fmt.Sprint(*a.Library); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
}

func TestSHA1IsOfTheExactBytes(t *testing.T) {
	if got := SHA1([]byte("return 1")); got != "e0e1f9fabfc9d4800c877a703b823ac0578ff8db" {
		t.Errorf("got %s", got)
	}
	if SHA1([]byte("return 1\n")) == SHA1([]byte("return 1")) {
		t.Error("a line end makes no difference")
	}
}

func TestDeepNesting(t *testing.T) {
	for _, body := range []string{
		"return " + strings.Repeat("not ", 50_000) + "1",
		"return " + strings.Repeat("{", 50_000) + strings.Repeat("}", 50_000),
		strings.Repeat("do ", 50_000) + strings.Repeat("end ", 50_000),
	} {
		if a := Analyse([]byte(body)); !a.Has(Unparsed) {
			t.Errorf("%.20s…: %v", body, a.Danger)
		}
	}
}

// FuzzAnalyse: no text makes it panic, and the same text has the same result.
func FuzzAnalyse(f *testing.F) {
	f.Add("#!lua name=l\nredis.register_function('f', function() end)")
	f.Add("local c = redis.call for i=1,2 do c('set', KEYS[i], ARGV[1]) end")
	f.Fuzz(func(t *testing.T, body string) {
		if one, two := fmt.Sprint(Analyse([]byte(body))), fmt.Sprint(Analyse([]byte(body))); one != two && !strings.Contains(one, "0x") {
			t.Errorf("%s\n%s", one, two)
		}
	})
}
