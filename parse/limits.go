package parse

// Limits bound what one input can make this program do. The zero value of a
// field means the value of DefaultLimits. Going past one is an error that
// wraps ErrLimit and names the field; the command line has --max-memory,
// --max-args and --max-distinct for them.
type Limits struct {
	// MaxElement is the largest single string or blob held in memory, in
	// bytes, after decompression. Servers refuse more than 512 MiB
	// (proto-max-bulk-len) but for blobs, which have no such bound.
	MaxElement int64
	// MaxArgs is the largest number of arguments of one command. Servers
	// accept 1024*1024 from clients and any number from their master.
	MaxArgs int
	// MaxDistinct bounds every table that grows with the number of distinct
	// things in an input: scripts, command names, prefixes.
	MaxDistinct int
}

// DefaultLimits returns what holds unless the user says otherwise.
func DefaultLimits() Limits {
	return Limits{MaxElement: 1 << 30, MaxArgs: 1 << 24, MaxDistinct: 1 << 20}
}

// OrDefault fills the fields that are zero.
func (l Limits) OrDefault() Limits {
	d := DefaultLimits()
	if l.MaxElement == 0 {
		l.MaxElement = d.MaxElement
	}
	if l.MaxArgs == 0 {
		l.MaxArgs = d.MaxArgs
	}
	if l.MaxDistinct == 0 {
		l.MaxDistinct = d.MaxDistinct
	}
	return l
}
