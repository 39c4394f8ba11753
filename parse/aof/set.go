package aof

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"sort"
	"strconv"
	"strings"

	"github.com/redsleuth/redsleuth/parse"
	"github.com/redsleuth/redsleuth/parse/input"
	"github.com/redsleuth/redsleuth/parse/record"
)

// WalkSet reads a multi-part AOF by its manifest as one stream. in is the
// manifest or the folder that holds it. A note of NoteFile goes before each
// file's bytes, and one with an Err for each file that is missing or that the
// manifest does not name. Places are counted within each file.
func WalkSet(in *input.Input, h record.Handler) error {
	manifest, entries, refused := openManifest(in)
	if refused != nil && !parse.IsDamage(refused) {
		return refused
	}
	w := newWalker(in.Limits, h)
	err := w.start()
	if err == nil && refused != nil {
		err = w.broken(manifest, refused)
	}
	if err == nil && len(entries) == 0 {
		entries, err = entriesByName(in.FS())
	}
	if err == nil {
		err = w.set(in, manifest, entries)
	}
	return w.finish(err)
}

// openManifest finds and reads the manifest, and returns its name.
func openManifest(in *input.Input) (string, []Entry, error) {
	if !in.Folder() {
		c, err := in.Cursor()
		if err != nil {
			return "", nil, err
		}
		defer c.Close()
		entries, err := ReadManifest(c)
		return filepath.Base(in.Path), entries, err
	}
	name, err := manifestName(in)
	if err != nil {
		return "", nil, err
	}
	f, err := in.FS().Open(name)
	if err != nil {
		return "", nil, err
	}
	defer f.Close()
	entries, err := ReadManifest(f)
	return name, entries, err
}

// manifestName finds the one manifest of a folder.
func manifestName(in *input.Input) (string, error) {
	names, err := fs.Glob(in.FS(), "*.manifest")
	if err != nil {
		return "", err
	}
	// What begins with temp- was being written, and is never read.
	names = slices.DeleteFunc(names, func(n string) bool { return strings.HasPrefix(n, "temp-") })
	switch len(names) {
	case 0:
		return "", parse.At(0, parse.Damaged("the folder has no manifest: a server takes it for "+
			"empty and starts without the data of these files, which are read here by their numbers"))
	case 1:
		return names[0], nil
	}
	return "", fmt.Errorf("%s: the folder holds %d manifests; name the one that counts",
		in.Path, len(names))
}

func (w *walker) set(in *input.Input, manifest string, entries []Entry) error {
	for _, err := range checkOrder(entries) {
		if err := w.broken(manifest, err); err != nil {
			return err
		}
	}
	if err := w.strays(in, manifest, entries); err != nil {
		return err
	}
	var loaded []Entry
	for _, kind := range []string{typeBase, typeIncr} { // the order in which a server loads
		for _, e := range entries {
			if e.Type == kind {
				loaded = append(loaded, e)
			}
		}
	}
	for i, e := range loaded {
		if err := w.part(in, e, i == len(loaded)-1); err != nil {
			return err
		}
	}
	return nil
}

// part reads one file of the set.
func (w *walker) part(in *input.Input, e Entry, last bool) error {
	dir := in.Path
	if !in.Folder() {
		dir = filepath.Dir(in.Path)
	}
	part, err := input.Open(filepath.Join(dir, e.Name), in.PartOptions())
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return w.broken(e.Name, parse.Damaged(
			"the manifest names a file that is missing; no server loads such a set"))
	case err != nil:
		return err
	}
	c, err := part.Cursor()
	if err != nil {
		return errors.Join(err, part.Close())
	}
	if part.Size == 0 && e.Type == typeBase {
		err = w.emptyBase(e.Name)
	}
	w.db = 0 // each is loaded by a client of its own
	if err == nil {
		err = w.h.Note(w.fileNote(e.Name))
	}
	if err == nil {
		err = w.file(c, last)
	}
	c.Close()
	return errors.Join(err, part.Close())
}

// emptyBase: servers load a base of no bytes as nothing, without a word. One of
// commands is that of a server that never rewrote.
func (w *walker) emptyBase(name string) error {
	if !strings.HasSuffix(name, ".rdb") {
		return nil
	}
	n := w.fileNote(name)
	n.Err = parse.At(0, parse.Truncated("the base is an RDB of 0 bytes, which no server writes: "+
		"servers load it as nothing, and what it held is lost"))
	return w.h.Note(n)
}

// entriesByName makes up a manifest where none can be read: of the files
// NAME.N.base.rdb or .aof that of the highest number, and every NAME.N.incr.aof
// by number.
func entriesByName(files fs.FS) ([]Entry, error) {
	names, err := fs.Glob(files, "*.*.*.*")
	if err != nil {
		return nil, err
	}
	var base Entry
	var entries []Entry
	for _, name := range names {
		words := strings.Split(name, ".")
		seq, err := strconv.ParseInt(words[len(words)-3], 10, 64)
		if err != nil || strings.HasPrefix(name, "temp-") {
			continue
		}
		switch e := (Entry{Name: name, Seq: seq, Type: typeIncr, Start: -1, End: -1}); {
		case strings.HasSuffix(name, ".incr.aof"):
			entries = append(entries, e)
		case words[len(words)-2] == "base" && seq > base.Seq:
			base = e
			base.Type = typeBase
		}
	}
	slices.SortStableFunc(entries, func(a, b Entry) int { return cmp.Compare(a.Seq, b.Seq) })
	if base.Name != "" {
		entries = append([]Entry{base}, entries...)
	}
	return entries, nil
}

// strays tells of files that look like parts and are not loaded.
func (w *walker) strays(in *input.Input, manifest string, entries []Entry) error {
	known := map[string]bool{}
	for _, e := range entries {
		known[e.Name] = true
	}
	prefix := strings.TrimSuffix(manifest, ".manifest")
	if prefix == "" {
		return nil
	}
	names, err := fs.Glob(in.FS(), "*")
	if err != nil {
		return err
	}
	sort.Strings(names)
	for _, name := range names {
		isPart := strings.HasPrefix(name, prefix+".") &&
			(strings.Contains(name, ".incr.") || strings.Contains(name, ".base."))
		if known[name] || !isPart && !strings.HasPrefix(name, "temp-rewriteaof") && !strings.HasPrefix(name, "temp-"+prefix) {
			continue
		}
		n := w.fileNote(name)
		n.Err = parse.Unsupported("a file that the manifest does not name; a server does not load it")
		if err := w.h.Note(n); err != nil {
			return err
		}
	}
	return nil
}

func (w *walker) fileNote(name string) *record.Note {
	n := w.note(record.NoteFile, 0, record.Unknown)
	n.Text = []byte(name)
	return n
}

// broken: a server would refuse the set.
func (w *walker) broken(name string, cause error) error {
	w.link.End = record.Damaged
	n := w.fileNote(name)
	n.Err = parse.At(0, cause)
	return w.h.Note(n)
}
