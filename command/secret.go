package command

import "bytes"

// Redacted stands where a secret was, as in the servers' own MONITOR and slow
// log.
var Redacted = []byte("(redacted)")

// Redact puts Redacted in the place of the arguments that are passwords or
// keys, as servers do before they show a command to anybody (redis src/acl.c,
// src/config.c, src/cluster.c: redactClientCommandArgument). The elements of
// args are exchanged; their bytes are left alone.
func Redact(args [][]byte) {
	if len(args) < 2 {
		return
	}
	switch {
	case Is(args, "AUTH"):
		redact(args[1:])
	case Is(args, "HELLO"):
		redactAfter(args[1:], "AUTH", 2)
	case Is(args, "MIGRATE"):
		if len(args) > 5 {
			redactAfter(args[6:], "AUTH", 1)
			redactAfter(args[6:], "AUTH2", 2)
		}
	case Is(args, "ACL") && Is(args[1:], "SETUSER"):
		redact(args[2:])
	case Is(args, "CONFIG") && Is(args[1:], "SET"):
		redactPairs(args[2:])
	case Is(args, "SENTINEL") && Is(args[1:], "SET", "CONFIG"):
		redactPairs(args[2:])
	}
}

func redact(args [][]byte) {
	for i := range args {
		args[i] = Redacted
	}
}

// redactAfter replaces the n arguments after each word.
func redactAfter(args [][]byte, word string, n int) {
	for i := 0; i < len(args); i++ {
		if equalFold(args[i], word) {
			redact(args[i+1 : min(len(args), i+1+n)])
			i += n
		}
	}
}

// redactPairs replaces what stands after the names of secret settings.
func redactPairs(args [][]byte) {
	for i := 0; i+1 < len(args); i++ {
		if secretSetting(args[i]) {
			args[i+1] = Redacted
		}
	}
}

// secretSettings are those that servers call sensitive (SENSITIVE_CONFIG), and
// Sentinel's.
var secretSettings = [...]string{"requirepass", "masterauth", "primaryauth", "masteruser",
	"primaryuser", "tls-key-file-pass", "tls-client-key-file-pass", "auth-pass", "auth-user",
	"sentinel-pass", "sentinel-user"}

func secretSetting(name []byte) bool {
	for _, s := range secretSettings {
		if bytes.EqualFold(name, []byte(s)) {
			return true
		}
	}
	return false
}
