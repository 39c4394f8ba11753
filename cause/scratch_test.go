package cause

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
)

// A temporary file that can't be written to is not the fault of the stream that
// is being read meanwhile.
func TestScratchErrors(t *testing.T) {
	s, err := newScratch()
	if err != nil {
		t.Fatal(err)
	}
	if err := s.close(); err != nil {
		t.Fatal(err)
	}
	err = s.write(make([]byte, 2*scratchWrites))
	if err == nil {
		t.Fatal("a closed file was written to")
	}
	told := ownError(fmt.Errorf("link.pcap: %w", err))
	if !errors.Is(told, os.ErrClosed) || strings.Contains(told.Error(), "link.pcap") {
		t.Errorf("%v", told)
	}
	damaged := fmt.Errorf("link.pcap: %w", os.ErrPermission)
	if ownError(damaged) != damaged {
		t.Errorf("%v", ownError(damaged))
	}
}
