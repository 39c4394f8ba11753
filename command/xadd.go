package command

// XAddOptions are what the options of an XADD say of its entry.
type XAddOptions struct {
	// NewID: the id is a bare asterisk, and each server makes one up.
	NewID bool
	// Idempotent: IDMP or IDMPAUTO, by which a duplicate is not added.
	Idempotent bool
}

// ParseXAdd reads the options of an XADD.
func ParseXAdd(args [][]byte) (o XAddOptions) {
	if len(args) < 3 || startsWithDigit(args[2]) {
		return o // the id comes first, as in most
	}
	c := Lookup(args)
	if c == nil || c.Class != XAdd {
		return o
	}
	p := parser{args: args}
	for _, a := range p.parse(c).all() {
		switch a.token {
		case "*":
			o.NewID = true
		case "IDMP", "IDMPAUTO":
			o.Idempotent = true
		}
	}
	return o
}

func startsWithDigit(word []byte) bool {
	return len(word) > 0 && word[0] >= '0' && word[0] <= '9'
}
