package document

import (
	"encoding/json"
	"time"

	"github.com/redsleuth/redsleuth/cmd/internal/render"
	"github.com/redsleuth/redsleuth/parse/record"
)

// null is what is asked for and not known, where a field is raw JSON.
var null = json.RawMessage("null")

// known is nil for a number that nothing tells.
func known[N int | int64](n N) *N {
	if n == record.Unknown {
		return nil
	}
	return &n
}

// timeText is "" for no time.
func timeText(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return render.Time(t)
}

// bytesOrNone is absent for nil.
func bytesOrNone(b []byte, f *render.BytesFormatter) json.RawMessage {
	if b == nil {
		return nil
	}
	return f.Bytes(b)
}

// textOrNone is absent for "".
func textOrNone(s string, f *render.BytesFormatter) json.RawMessage {
	if s == "" {
		return nil
	}
	return f.Bytes([]byte(s))
}

// textOrNull is null for "".
func textOrNull(s string, f *render.BytesFormatter) json.RawMessage {
	if s == "" {
		return null
	}
	return f.Bytes([]byte(s))
}

// wordOrNone is absent for "".
func wordOrNone(s string, f *render.BytesFormatter) json.RawMessage {
	if s == "" {
		return nil
	}
	return f.Word(s)
}

// list is a copy that is [] where there is nothing.
func list[T any](all []T) []T { return append([]T{}, all...) }
