package tempfile

import (
	"io"
	"os"
	"testing"
)

// A file is written and read as any other, nobody else's permissions are on it, and
// nothing of it is left.
func TestNew(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("TMPDIR", dir) // Unix
	t.Setenv("TMP", dir)    // Windows
	f, err := New("test")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteString("secret"); err != nil {
		t.Fatal(err)
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		t.Fatal(err)
	}
	if b, err := io.ReadAll(f); err != nil || string(b) != "secret" {
		t.Errorf("%q, %v", b, err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("%v is left, %v", left, err)
	}
}

// A folder that is not there is an error, and not a file elsewhere.
func TestNewNowhere(t *testing.T) {
	t.Setenv("TMPDIR", "/no/such/folder")
	t.Setenv("TMP", `Z:\no\such\folder`)
	if f, err := New("test"); err == nil {
		t.Errorf("%s", f.Name())
	}
}
