package input

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"
	"github.com/pierrec/lz4/v4"

	"github.com/redsleuth/redsleuth/parse"
)

const smallRDB = "REDIS0011\xff\xc0\x22\x8a\x8d\x74\x38\x97\x62"

func write(t *testing.T, name string, data []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func readAll(t *testing.T, in *Input) string {
	t.Helper()
	c, err := in.Cursor()
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	for {
		if _, err := c.More(); err == io.EOF {
			return string(c.Window())
		} else if err != nil {
			t.Fatal(err)
		}
	}
}

// packed is data under each compression.
func packed(t *testing.T, data []byte) map[string][]byte {
	t.Helper()
	all := map[string][]byte{"": data}
	for name, open := range map[string]func(io.Writer) io.WriteCloser{
		"gzip": func(w io.Writer) io.WriteCloser { return gzip.NewWriter(w) },
		"lz4": func(w io.Writer) io.WriteCloser {
			z := lz4.NewWriter(w)
			if err := z.Apply(lz4.BlockSizeOption(lz4.Block64Kb)); err != nil {
				t.Fatal(err)
			}
			return z
		},
		"zstd": func(w io.Writer) io.WriteCloser {
			z, err := zstd.NewWriter(w)
			if err != nil {
				t.Fatal(err)
			}
			return z
		},
	} {
		var b bytes.Buffer
		w := open(&b)
		_, err := w.Write(data)
		if err := errors.Join(err, w.Close()); err != nil {
			t.Fatal(err)
		}
		all[name] = b.Bytes()
	}
	all["vcs-lz4"] = append([]byte("VCS\x01\x01\x00\x01"), all["lz4"]...)
	all["vcs-zstd"] = append([]byte("VCS\x01\x02\x00\x01"), all["zstd"]...)
	// bzip2 of smallRDB, since Go has no compressor for it.
	all["bzip2"] = smallBzip2(t)
	return all
}

func smallBzip2(t *testing.T) []byte {
	t.Helper()
	data, err := os.ReadFile("testdata/small.rdb.bz2")
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func TestCompressionIsTakenOff(t *testing.T) {
	for method, data := range packed(t, []byte(smallRDB)) {
		path := write(t, "misleading.txt", data)
		for _, pipe := range []bool{false, true} {
			t.Run(fmt.Sprintf("%q, pipe %v", method, pipe), func(t *testing.T) {
				in := openFrom(t, path, data, pipe)
				if in.Kind != KindRDB || in.Compression != method {
					t.Errorf("recognised as %q, %q", in.Kind, in.Compression)
				}
				if in.Rereadable() != (method == "" && !pipe) {
					t.Errorf("rereadable %v", in.Rereadable())
				}
				if err := in.Spool(); err != nil {
					t.Fatal(err)
				}
				for range 2 {
					if got := readAll(t, in); got != smallRDB {
						t.Errorf("%q", got)
					}
				}
				c, err := in.CursorAt(5)
				if err != nil {
					t.Fatal(err)
				}
				defer c.Close()
				if b, err := c.Take(4); string(b) != "0011" || err != nil || c.Offset() != 9 {
					t.Errorf("from byte 5: %q, %v", b, err)
				}
			})
		}
	}
}

// openFrom opens a file, or its bytes through a pipe.
func openFrom(t *testing.T, path string, data []byte, pipe bool) *Input {
	t.Helper()
	options := Options{}
	if pipe {
		options.Stdin, path = bytes.NewReader(data), "-"
	}
	in, err := Open(path, options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := in.Close(); err != nil {
			t.Error(err)
		}
	})
	return in
}

// Dumps of servers are the same from every source, plain or compressed.
func TestDumpsFromEverySource(t *testing.T) {
	paths, err := filepath.Glob("../../testdata/dumps/*.rdb")
	if err != nil || len(paths) < 8 {
		t.Fatalf("%d dumps: %v", len(paths), err)
	}
	for _, path := range paths {
		want, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for method, data := range packed(t, want) {
			if method == "bzip2" {
				continue // of another dump
			}
			t.Run(filepath.Base(path)+" "+method, func(t *testing.T) {
				file := write(t, "dump", data)
				for _, pipe := range []bool{false, true} {
					in := openFrom(t, file, data, pipe)
					if got := readAll(t, in); got != string(want) || in.Kind != KindRDB || in.Compression != method {
						t.Errorf("pipe %v: %d bytes of %d, recognised as %q, %q", pipe, len(got), len(want), in.Kind, in.Compression)
					}
				}
			})
		}
	}
}

func TestCompressedFileThatWasCut(t *testing.T) {
	long := append([]byte(smallRDB), randomBytes(1<<20)...)
	for method, data := range packed(t, long) {
		if method == "" || method == "bzip2" {
			continue
		}
		in, err := Open(write(t, "cut", data[:len(data)*2/3]), Options{})
		if err != nil {
			t.Fatalf("%s: %v", method, err)
		}
		if got := readAll(t, in); !bytes.HasPrefix(long, []byte(got)) {
			t.Errorf("%s: what was read is no prefix", method)
		}
		if err := in.Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestCompressedFileThatIsDamaged(t *testing.T) {
	long := append([]byte(smallRDB), randomBytes(1<<20)...)
	for _, method := range []string{"gzip", "zstd"} {
		data := packed(t, long)[method]
		data[len(data)-3] ^= 1
		in, err := Open(write(t, "flipped", data), Options{})
		if err != nil {
			t.Fatalf("%s: %v", method, err)
		}
		c, err := in.Cursor()
		if err != nil {
			t.Fatal(err)
		}
		if err := c.Skip(int64(len(long)) + 1); !errors.Is(err, io.EOF) {
			t.Errorf("%s: %v", method, err)
		}
		if err := in.Broken(); !errors.Is(err, parse.ErrDamaged) || in.Cut() {
			t.Errorf("%s: broken %v, cut %v", method, err, in.Cut())
		}
		c.Close()
		if err := in.Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestPipeIsReadOnce(t *testing.T) {
	in, err := Open("-", Options{Stdin: strings.NewReader(smallRDB)})
	if err != nil {
		t.Fatal(err)
	}
	if got := readAll(t, in); got != smallRDB {
		t.Errorf("%q", got)
	}
	if _, err := in.Cursor(); err == nil {
		t.Error("a second cursor on a pipe")
	}
}

func TestOpenErrors(t *testing.T) {
	if _, err := Open(filepath.Join(t.TempDir(), "absent"), Options{}); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("absent file: %v", err)
	}
	if _, err := Open(write(t, "diary", []byte("Dear diary")), Options{}); !errors.Is(err, ErrUnrecognised) {
		t.Errorf("text file: %v", err)
	}
	if _, err := Open(t.TempDir(), Options{}); !errors.Is(err, ErrUnrecognised) {
		t.Errorf("empty folder: %v", err)
	}
	in, err := Open(write(t, "diary", []byte("Dear diary")), Options{As: KindCommands})
	if err != nil || in.Kind != KindCommands {
		t.Errorf("overruled: %v", err)
	}
}

func TestSpoolLeavesNothingBehind(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	in, err := Open("-", Options{Stdin: strings.NewReader(smallRDB)})
	if err != nil {
		t.Fatal(err)
	}
	if err := in.Spool(); err != nil {
		t.Fatal(err)
	}
	left, err := os.ReadDir(os.TempDir())
	if err != nil || len(left) != 0 {
		t.Errorf("in the temporary folder: %v, %v", left, err)
	}
}

func randomBytes(n int) []byte {
	random := rand.New(rand.NewPCG(7, uint64(n)))
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(random.Uint32())
	}
	return b
}

// TestPacking: what is wrong around an input is told by what it is.
func TestPacking(t *testing.T) {
	long := append([]byte(smallRDB), randomBytes(1<<20)...)
	for method, data := range packed(t, long) {
		if method == "" || method == "bzip2" {
			continue
		}
		for _, c := range []struct {
			name                string
			data                []byte
			cut, broken, behind bool
		}{
			{"whole", data, false, false, false},
			{"cut", data[:len(data)*2/3], true, false, false},
			{"flipped", flipped(data, len(data)-3), false, true, false},
			{"followed by text", append(bytes.Clone(data), "and so on, to the end"...), false, false, true},
			{"twice", append(bytes.Clone(data), data...), false, false, strings.HasPrefix(method, "vcs")},
		} {
			if method == "lz4" && c.broken {
				continue // its last bytes are a mark and no sum
			}
			t.Run(method+" "+c.name, func(t *testing.T) {
				in, err := Open(write(t, "packed", c.data), Options{})
				if err != nil {
					t.Fatal(err)
				}
				readAll(t, in)
				if in.Cut() != c.cut || in.Broken() != nil != c.broken || in.Behind() != c.behind {
					t.Errorf("cut %v, broken %v, behind %v", in.Cut(), in.Broken(), in.Behind())
				}
				if err := in.Close(); err != nil {
					t.Error(err)
				}
			})
		}
	}
}

func flipped(data []byte, at int) []byte {
	b := bytes.Clone(data)
	b[at] ^= 1
	return b
}

// TestForeign: what is no artefact is named, where something tells what it is.
func TestForeign(t *testing.T) {
	for _, c := range []struct{ data, want string }{
		{"\xfd7zXZ\x00\x00\x04", "xz -d"},
		{"PK\x03\x04\x14", "unzip"},
		{"00000000: 5245 4449 5330 3030 39fa  REDIS0009.\n", "hex dump"},
		{"00000000  52 45 44 49 53 30 30 30  |REDIS000|\n", "hex dump"},
		{strings.Repeat("5245444953", 8), "hex dump"},
		{"\xff\xfeR\x00E\x00D\x00", "UTF-16"},
		{"\x78\x9c\x0bru", "zlib"},
		{"sending REPLCONF capa eof\nSYNC sent to master, writing 12 bytes\n", "redis-cli"},
		{strings.Repeat("x", 257) + "ustar", "tar"},
		{"Dear diary", "not recognised as an RDB"},
	} {
		t.Run(c.want, func(t *testing.T) {
			_, err := Open(write(t, "foreign", []byte(c.data)), Options{})
			if !errors.Is(err, ErrUnrecognised) || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%v", err)
			}
		})
	}
}
