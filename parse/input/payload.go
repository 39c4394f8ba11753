package input

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"github.com/redsleuth/redsleuth/parse/dumped"
)

// recognisePayload looks whether the input is what DUMP replies, as it is or as
// text. Its sum decides, so that all of it has to be read: of an input that is
// no plain file the head has to be all. asked: the user says that it is.
func (in *Input) recognisePayload(head []byte, asked bool) (is bool, err error) {
	source := io.Reader(bytes.NewReader(head))
	switch {
	case !asked && !dumped.Begins(head):
		return false, nil
	case len(head) < sniffLen:
	case in.file != nil && in.Compression == "":
		source = io.NewSectionReader(in.file, 0, 1<<62)
	case asked:
		return false, fmt.Errorf("%s: a DUMP payload of that size is read of a plain file only", in.Path)
	default:
		return false, nil
	}
	p, err := dumped.Check(source)
	if errors.Is(err, io.ErrUnexpectedEOF) && !asked {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("%s: a DUMP payload: %w", in.Path, err)
	}
	in.payload = p
	return asked || p.Valid, nil
}
