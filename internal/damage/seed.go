package damage

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/redsleuth/redsleuth/internal/rdbgen"
	"github.com/redsleuth/redsleuth/parse/crc64"
	"github.com/redsleuth/redsleuth/parse/input"
)

// largest is how many bytes an artefact may have to be broken: small ones are
// broken in more of their places.
const largest = 400 << 10

// A Seed is an artefact before it is broken.
type Seed struct {
	Name string
	Kind input.Kind
	Data []byte // decompressed; of a set, the part that is broken
	// Part and Beside are of a set: the name of the part, and the other files.
	Part   string
	Beside map[string][]byte
	// Dir is where a link's dumps are, for diff.
	Dir string
}

// summed: a dump that ends with the checksum of what is before it.
func (s *Seed) summed() bool {
	n := len(s.Data) - 8
	return s.Kind == input.KindRDB && n > 0 &&
		binary.LittleEndian.Uint64(s.Data[n:]) == crc64.Update(0, s.Data[:n])
}

// Seeds are all artefacts in folders that are small enough, in the order of their
// names, and some that are made here.
func Seeds(dirs ...string) (seeds []Seed, err error) {
	for _, dir := range dirs {
		all := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
			if err != nil || !e.Type().IsRegular() {
				return err
			}
			s, err := fromFile(path)
			if errors.Is(err, input.ErrUnrecognised) {
				return nil
			}
			if err == nil && len(s.Data) <= largest {
				seeds = append(seeds, s)
			}
			return err
		})
		err = errors.Join(err, all)
	}
	seeds = append(seeds, made()...)
	slices.SortStableFunc(seeds, func(a, b Seed) int { return cmp.Compare(a.Name, b.Name) })
	return seeds, err
}

// fromFile reads one, decompressed. A manifest is left to its parts.
func fromFile(path string) (s Seed, err error) {
	in, err := input.Open(path, input.Options{})
	if err != nil {
		return s, fmt.Errorf("%w: %w", input.ErrUnrecognised, err)
	}
	defer func() { err = errors.Join(err, in.Close()) }()
	s = Seed{Name: filepath.ToSlash(path), Kind: in.Kind, Dir: filepath.Dir(path)}
	if in.Kind == input.KindAOFSet {
		return s, input.ErrUnrecognised
	}
	c, err := in.Cursor()
	if err != nil {
		return s, err
	}
	defer c.Close()
	if s.Data, err = io.ReadAll(io.LimitReader(c, largest+1)); err != nil {
		return s, fmt.Errorf("%w: %w", input.ErrUnrecognised, err) // as of a broken gzip
	}
	return s, beside(&s, path)
}

// beside makes a part of a set of a file in such a folder.
func beside(s *Seed, path string) error {
	manifests, err := filepath.Glob(filepath.Join(filepath.Dir(path), "*.manifest"))
	if err != nil || len(manifests) == 0 {
		return err
	}
	entries, err := os.ReadDir(filepath.Dir(path))
	if err != nil {
		return err
	}
	s.Part, s.Beside, s.Kind = filepath.Base(path), map[string][]byte{}, input.KindAOFSet
	for _, e := range entries {
		if e.Name() == s.Part {
			continue
		}
		s.Beside[e.Name()], err = os.ReadFile(filepath.Join(filepath.Dir(path), e.Name()))
		if err != nil {
			return err
		}
	}
	return nil
}

// made are artefacts that no fixture is.
func made() []Seed {
	var dump bytes.Buffer
	_, _ = rdbgen.Write(&dump, rdbgen.Options{Keys: 40}) // into memory
	payload := []byte("\x00\x05hello\x0b\x00")
	payload = binary.LittleEndian.AppendUint64(payload, crc64.Update(0, payload))
	var monitor bytes.Buffer
	for i := range 40 {
		const line = "1700000000.%06d [%d 10.0.0.7:51034] \"SET\" \"key:%d\" \"v\\x00\\\"%d\"\n"
		fmt.Fprintf(&monitor, line, i, i%3, i, i)
	}
	var aof, preamble bytes.Buffer
	aof.WriteString("#TS:1700000000\r\n")
	stream(&aof)
	base := rdbgen.Dump{
		Magic: "REDIS", Version: 10, Aux: [][2]string{{"redis-ver", "7.0.15"}, {"aof-preamble", "1"}},
		Databases: map[int]map[string]string{0: {"a": "b", "c": "d"}, 3: {"e": "f"}},
	}
	preamble.Write(base.Encode())
	stream(&preamble)
	return []Seed{
		{Name: "made/dump", Kind: input.KindRDB, Data: dump.Bytes()},
		{Name: "made/aof", Kind: input.KindAOF, Data: aof.Bytes()},
		{Name: "made/preamble", Kind: input.KindAOF, Data: preamble.Bytes()},
		{Name: "made/monitor", Kind: input.KindMonitor, Data: monitor.Bytes()},
		{Name: "made/payload", Kind: "dump-payload", Data: payload},
	}
}

// stream is forty commands.
func stream(w *bytes.Buffer) {
	w.WriteString("*2\r\n$6\r\nSELECT\r\n$1\r\n0\r\n")
	for i := range 40 {
		v := fmt.Sprintf("value:%d", i*i)
		fmt.Fprintf(w, "*3\r\n$3\r\nSET\r\n$5\r\nkey%02d\r\n$%d\r\n%s\r\n", i, len(v), v)
	}
}
