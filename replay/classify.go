package replay

// A class is what a replay makes of a command's name.
type class uint8

const (
	plain class = iota
	quiet       // PING, REPLCONF: nothing to a replica's state
	selectDB
	multi
	exec
	eval
	evalSHA
	scriptCommand
	function
	fcall
	flush
	xadd
)

// classify looks at a command's name, in any case. It is what a replay does
// for each command, and all that it does for most.
func classify(name []byte) class {
	switch len(name) {
	case 4:
		switch name[0] | 0x20 {
		case 'e':
			if equalFold(name, "EVAL") {
				return eval
			}
			if equalFold(name, "EXEC") {
				return exec
			}
		case 'x':
			if equalFold(name, "XADD") {
				return xadd
			}
		case 'p':
			if equalFold(name, "PING") {
				return quiet
			}
		}
	case 5:
		switch name[0] | 0x20 {
		case 'm':
			if equalFold(name, "MULTI") {
				return multi
			}
		case 'f':
			if equalFold(name, "FCALL") {
				return fcall
			}
		}
	case 6:
		if name[0]|0x20 != 's' {
			return plain
		}
		if equalFold(name, "SELECT") {
			return selectDB
		}
		if equalFold(name, "SCRIPT") {
			return scriptCommand
		}
	case 7:
		switch name[0] | 0x20 {
		case 'e':
			if equalFold(name, "EVALSHA") {
				return evalSHA
			}
			if equalFold(name, "EVAL_RO") {
				return eval
			}
		case 'f':
			if equalFold(name, "FLUSHDB") {
				return flush
			}
		}
	case 8:
		return classifyEight(name)
	case 10:
		if equalFold(name, "EVALSHA_RO") {
			return evalSHA
		}
	}
	return plain
}

func classifyEight(name []byte) class {
	switch name[0] | 0x20 {
	case 'f':
		switch {
		case equalFold(name, "FUNCTION"):
			return function
		case equalFold(name, "FCALL_RO"):
			return fcall
		case equalFold(name, "FLUSHALL"):
			return flush
		}
	case 'r':
		if equalFold(name, "REPLCONF") {
			return quiet
		}
	}
	return plain
}

func isQuiet(name []byte) bool { return classify(name) == quiet }

// equalFold compares a name with one in upper case, folding ASCII letters.
func equalFold(name []byte, upper string) bool {
	if len(name) != len(upper) {
		return false
	}
	for i, c := range name {
		if c >= 'a' && c <= 'z' {
			c -= 'a' - 'A'
		}
		if c != upper[i] {
			return false
		}
	}
	return true
}

// upper is a short word in upper case; long ones are no word of a command.
func upper(b []byte) string {
	if len(b) > 32 {
		return ""
	}
	u := make([]byte, len(b))
	for i, c := range b {
		if c >= 'a' && c <= 'z' {
			c -= 'a' - 'A'
		}
		u[i] = c
	}
	return string(u)
}
