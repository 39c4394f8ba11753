package dump

import (
	"time"
)

// appendTime appends Unix milliseconds as RFC 3339 in UTC. Years beyond 9999,
// which RFC 3339 does not have and expiry times do, get more digits.
func appendTime(dst []byte, ms int64) []byte {
	t := time.UnixMilli(ms).UTC()
	return t.AppendFormat(dst, "2006-01-02T15:04:05.000Z")
}

func appendQuotedTime(dst []byte, ms int64) []byte {
	return append(appendTime(append(dst, '"'), ms), '"')
}
