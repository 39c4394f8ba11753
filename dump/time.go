package dump

import (
	"time"

	"github.com/redsleuth/redsleuth/internal/appendjson"
)

// appendTime appends Unix milliseconds as JSON has them, without quotes.
func appendTime(dst []byte, ms int64) []byte {
	return time.UnixMilli(ms).UTC().AppendFormat(dst, appendjson.TimeLayout)
}
