package client

import "bytes"

// A kind says how a command bears on the conversation.
type kind uint8

const (
	kindOrdinary kind = iota
	kindSelect
	kindAuth
	kindHello
	kindSetName
	kindClientID
	kindReplyOff
	kindReplySkip
	kindReplyOn
	kindMulti
	kindExec
	kindDiscard
	kindSubscribe // and its kin, and what ends them
	kindMonitor
	kindReset
	kindSync // the connection becomes a replica's
	kindHole // no command: what was sent here is lost
)

// kinds are by name, in lower case.
var kinds = map[string]kind{
	"select": kindSelect, "auth": kindAuth, "hello": kindHello, "multi": kindMulti, "exec": kindExec,
	"discard": kindDiscard, "monitor": kindMonitor, "reset": kindReset, "sync": kindSync,
	"psync":     kindSync,
	"subscribe": kindSubscribe, "psubscribe": kindSubscribe, "ssubscribe": kindSubscribe,
	"unsubscribe": kindSubscribe, "punsubscribe": kindSubscribe, "sunsubscribe": kindSubscribe,
}

// longestKind is the length of the longest name in kinds.
const longestKind = len("punsubscribe")

// kindOf looks at the name of a command, and at what is asked of CLIENT.
func kindOf(r *request) kind {
	name := r.arg(0)
	if len(name) < len("auth") || len(name) > longestKind {
		return kindOrdinary
	}
	if len(name) == len("client") && is(name, "client") {
		return clientKind(r)
	}
	var room [longestKind]byte
	word := room[:len(name)]
	for i, c := range name {
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		word[i] = c
	}
	return kinds[string(word)]
}

func clientKind(r *request) kind {
	switch what := r.arg(1); {
	case is(what, "setname") && len(r.ends) == 3:
		return kindSetName
	case is(what, "id"):
		return kindClientID
	case is(what, "reply") && is(r.arg(2), "off"):
		return kindReplyOff
	case is(what, "reply") && is(r.arg(2), "skip"):
		return kindReplySkip
	case is(what, "reply") && is(r.arg(2), "on"):
		return kindReplyOn
	}
	return kindOrdinary
}

// is compares a word, of any case.
func is(word []byte, lower string) bool {
	return len(word) == len(lower) && bytes.EqualFold(word, []byte(lower))
}

// confirms reports whether an array or a push that begins with the word confirms
// a subscription, or the end of one.
func confirms(word []byte) bool {
	return len(word) <= longestKind && kinds[string(word)] == kindSubscribe
}

// isMessage reports whether an array that begins with the word is a message to a
// subscriber.
func isMessage(word []byte) bool {
	switch string(word) {
	case "message", "pmessage", "smessage":
		return true
	}
	return false
}
