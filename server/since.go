package server

// A Number is a version without its family: major<<16 | minor<<8 | patch. 0 is
// no version.
type Number uint32

// pack makes a Number of v; parts beyond 255 count as 255, which is what
// unstable builds of Redis have.
func (v Version) pack() Number {
	part := func(n int) Number { return Number(min(max(n, 0), 0xff)) }
	return part(v.major)<<16 | part(v.minor)<<8 | part(v.patch)
}

// version unpacks n.
func (n Number) version(f family) Version {
	if n == 0 {
		return Version{}
	}
	return Version{family: f, major: int(n >> 16), minor: int(n >> 8 & 0xff), patch: int(n & 0xff)}
}

// Since is the first version of each family that has something; 0 where no
// release of the family has it.
type Since struct{ Redis, Valkey Number }

// With is s with v as the first version of v's family.
func (s Since) With(v Version) Since {
	if v.family == valkeyFamily {
		s.Valkey = v.pack()
	} else {
		s.Redis = v.pack()
	}
	return s
}

// In is the first version of v's family; none where the family lacks it.
func (s Since) In(v Version) Version { return s.of(v).version(v.family) }

func (s Since) of(v Version) Number {
	if v.family == valkeyFamily {
		return s.Valkey
	}
	return s.Redis
}

// Of tells whether a server of version v has it. read is the newest version
// of each family that was looked at: what a family lacked up to there, a later
// version may have, and the answer is Unknown.
func (s Since) Of(v Version, read Since) Answer {
	if v.IsZero() {
		return Unknown
	}
	first, n := s.of(v), v.pack()
	switch {
	case first != 0 && n >= first:
		return Yes
	case first == 0 && n > read.of(v):
		return Unknown
	}
	return No
}
