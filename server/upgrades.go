package server

import "strings"

// A release is one that is compared with what a replica runs.
type release struct {
	family family
	number Number
}

// releases are a late release of each line that is or was widely run, oldest
// first. They stand for their lines: which versions a behaviour concerns to the
// patch is in Behaviours. That they exist is told by redis/docker-library-redis
// (4.0.14, 5.0.14; #478: 6.2.20, 7.2.11), Debian's changelog of redis (7.0.15),
// redis/docs#3292 (7.4.9, 8.2.6), 00-RELEASENOTES of redis 8.0.6, and
// valkey.io/download as of October 2026 (8.0.12, 8.1.11, 9.0.7, 9.1.3).
var releases = []release{
	{redisFamily, 0x04000e},  // 4.0.14
	{redisFamily, 0x05000e},  // 5.0.14
	{redisFamily, 0x060214},  // 6.2.20
	{redisFamily, 0x07000f},  // 7.0.15
	{redisFamily, 0x07020b},  // 7.2.11
	{redisFamily, 0x070409},  // 7.4.9
	{redisFamily, 0x080006},  // 8.0.6
	{redisFamily, 0x080206},  // 8.2.6
	{valkeyFamily, 0x08000c}, // 8.0.12
	{valkeyFamily, 0x08010b}, // 8.1.11
	{valkeyFamily, 0x090007}, // 9.0.7
	{valkeyFamily, 0x090103}, // 9.1.3
}

// firstValkey is the version of Redis that the first Valkey was made of.
const firstValkey Number = 0x070200

// Upgrades are releases that a server of version v could be replaced by, oldest
// first: later ones of its own family, and those of Valkey where v is no newer
// than what Valkey came from. All of them where v is not known.
func Upgrades(v Version) (all []Version) {
	for _, r := range releases {
		later := r.number > v.pack()
		if r.family != v.family {
			later = v.family == redisFamily && v.pack() < firstValkey+1<<8
		}
		if v.IsZero() || later {
			all = append(all, r.number.version(r.family))
		}
	}
	return all
}

// ParseLine reads a version as people type it: where the patch is missing, as in "7.0" or
// "valkey-8", a late release of that line is meant, which is the last that is known
// here, or the first where none is. whole is whether the patch was there.
func ParseLine(s string) (v Version, whole bool, err error) {
	v, err = Parse(s)
	dots := strings.Count(s, ".")
	if err != nil || v.IsZero() || dots >= 2 {
		return v, true, err
	}
	for _, r := range releases {
		late := r.number.version(r.family)
		if late.family == v.family && late.major == v.major && (dots == 0 || late.minor == v.minor) {
			v = late
		}
	}
	return v, false, nil
}

// SaysSlave reports whether commands and settings of this version are named SLAVEOF and
// slave-read-only alone: REPLICAOF and replica-read-only came with Redis 5.0
// (00-RELEASENOTES of 5.0). Later versions know both.
func (v Version) SaysSlave() bool {
	return !v.IsZero() && v.family == redisFamily && v.pack() < 0x050000
}
