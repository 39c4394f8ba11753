package resp

import "bytes"

const (
	// A length that is damaged, and larger than what is left of the input,
	// takes every command after it for the bytes of an argument, and looks
	// like a command that was cut. What tells the two apart is what those
	// bytes are: fewCommands up to the end of the input make it damage;
	// manyCommands where they begin with the argument, since values do hold
	// the text of commands; and a run of longRun wherever it ends.
	fewCommands  = enoughCommands
	manyCommands = 8
	longRun      = 64
)

// swallowed looks for commands in an argument that continues past the end of
// the input. w is what is left of the input, from the argument's first byte
// on. It returns where they begin, or -1 if the argument was only cut.
func (r *Reader) swallowed(w []byte) int {
	// Each argument takes more than a byte: commands within the arguments of
	// one another can't cost more than the length of w.
	budget := len(w)
	for at := 0; at < len(w) && budget > 0; {
		next := bytes.IndexByte(w[at:], '*')
		if next < 0 {
			return -1
		}
		at += next
		commands, end, args, cut := r.run(w[at:])
		least := fewCommands
		if at == 0 {
			least = manyCommands
		}
		if commands >= longRun || commands >= least && (cut || at+end == len(w)) {
			return at
		}
		budget -= args
		// What begins at a command of this run ends where it does.
		at += max(1, end)
	}
	return -1
}

// run follows commands from the beginning of w on. It returns how many are
// whole, where the last of them ends, whether what is left is a command that
// was cut, and how many arguments were looked at.
func (r *Reader) run(w []byte) (commands, end, args int, cut bool) {
	for end < len(w) && commands < longRun {
		if n := lineBetween(w[end:]); n > 0 {
			end += n
			continue
		}
		size, argc, ok := r.measure(w[end:])
		args += argc + 1
		if !ok || size > len(w)-end {
			return commands, end, args, ok
		}
		end += size
		commands++
	}
	return commands, end, args, false
}
