package text

import (
	"bytes"
	"strings"
	"testing"

	"github.com/redsleuth/redsleuth/cmd/internal/render"
	"github.com/redsleuth/redsleuth/finding"
)

func TestFindings(t *testing.T) {
	lost := finding.Finding{Code: "script-missing", Severity: finding.Error,
		Message: "it was not known", SHA1: strings.Repeat("ab", 20)}
	first, second := lost, lost
	first.Offset, first.Keys = finding.At[int64](10), [][]byte{[]byte("k\x1b")}
	second.Offset, second.Keys = finding.At[int64](20), [][]byte{[]byte("k\x1b"), []byte("l")}
	note := finding.Finding{Code: "truncated", Severity: finding.Info, Message: "the end is missing",
		ExpectedDBUnknown: true}
	all := []finding.Finding{note, first, second}

	var b bytes.Buffer
	w := newWriter(&b, Options{Style: render.NewStyle(false, 0),
		Bytes: render.NewBytesFormatter(render.Quoted, nil)})
	w.findings(all)
	if w.err != nil {
		t.Fatal(w.err)
	}
	want := `error script-missing  offsets 10, 20, script abababababab
  it was not known; keys "k\x1b", "l"
info truncated
  the end is missing
what to do: redsleuth explain script-missing
`
	if b.String() != want {
		t.Errorf("%s\nwant\n%s", b.String(), want)
	}
}
