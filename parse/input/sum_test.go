package input

import (
	"bytes"
	"compress/gzip"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// TestSHA256: the sum is that of the bytes as stored, whatever was read of them.
func TestSHA256(t *testing.T) {
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	z.Write([]byte("REDIS0009\xff12345678 and what follows"))
	z.Close()
	// printf 'REDIS0009\xff12345678' | sha256sum
	const plain = "REDIS0009\xff12345678"
	const want = "d659fc957f3f437804db05c0132822bb24802cd2729c0ff25f811ab43454ab18"
	path := filepath.Join(t.TempDir(), "dump")
	if err := os.WriteFile(path, []byte(plain), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, open := range map[string]func() (*Input, error){
		"file": func() (*Input, error) { return Open(path, Options{}) },
		"pipe": func() (*Input, error) {
			return Open("-", Options{Sum: true, Stdin: bytes.NewBufferString(plain)})
		},
	} {
		in, err := open()
		if err != nil {
			t.Fatal(err)
		}
		in.StartSum()
		if got, err := in.SHA256(); got != want || err != nil {
			t.Errorf("%s: %s, %v", name, got, err)
		}
		in.Close()
	}
	in, err := Open("-", Options{Sum: true, Stdin: bytes.NewReader(packed.Bytes())})
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	c, err := in.Cursor() // what was decompressed is not what is summed
	if err != nil {
		t.Fatal(err)
	}
	c.Close()
	if got, err := in.SHA256(); got == want || len(got) != 64 || err != nil {
		t.Errorf("compressed: %s, %v", got, err)
	}
	set := t.TempDir()
	for name, bytes := range map[string]string{"a.manifest": "", "a.1.base.rdb": plain} {
		if err := os.WriteFile(filepath.Join(set, name), []byte(bytes), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	folder, err := Open(set, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer folder.Close()
	folder.StartSum()
	sums, err := folder.FileSums()
	// sha256sum < /dev/null
	empty := FileSum{"a.manifest", 0, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"}
	if err != nil || !slices.Equal(sums, []FileSum{{"a.1.base.rdb", int64(len(plain)), want}, empty}) {
		t.Errorf("a set: %v, %v", sums, err)
	}
	if in, err := Open(path, Options{}); err != nil {
		t.Fatal(err)
	} else if got, err := in.SHA256(); got != "" || err != nil {
		t.Errorf("a sum that nobody asked for: %s, %v", got, err)
	} else {
		in.Close()
	}
}
