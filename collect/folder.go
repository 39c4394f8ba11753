package collect

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
)

// A folder is where the evidence goes. Nothing is written outside it, whatever
// a server calls itself, and nothing that is there is touched.
type folder struct{ root *os.Root }

// ErrNotEmpty is a folder that holds something already.
var ErrNotEmpty = errors.New("the folder is not empty")

// openFolder makes the folder, or takes one that is empty; of another with
// force, in which no file is replaced all the same.
func openFolder(path string, force bool) (*folder, error) {
	if err := os.Mkdir(path, dirMode); err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, err
	}
	root, err := os.OpenRoot(path)
	if err != nil {
		return nil, err
	}
	if !force {
		there, err := fs.ReadDir(root.FS(), ".")
		if err == nil && len(there) > 0 {
			err = ErrNotEmpty
		}
		if err != nil {
			return nil, errors.Join(err, root.Close())
		}
	}
	return &folder{root}, nil
}

// Who may read the evidence: who took it.
const (
	dirMode  = 0o700
	fileMode = 0o600
)

// server makes the folder of a server, under another name where its own is
// taken.
func (f *folder) server(name string) (*folder, string, error) {
	for n := 1; n < mostNames; n++ {
		tried := name
		if n > 1 {
			tried = fmt.Sprintf("%s_%d", name, n)
		}
		err := f.root.Mkdir(tried, dirMode)
		if errors.Is(err, fs.ErrExist) {
			continue
		}
		if err != nil {
			return nil, "", err
		}
		root, err := f.root.OpenRoot(tried)
		return &folder{root}, tried, err
	}
	return nil, "", fs.ErrExist
}

const mostNames = 1000

// create makes a new file.
func (f *folder) create(name string) (*os.File, error) {
	return f.root.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, fileMode)
}

// write makes a new file of these bytes. One that can't be written whole is
// taken away.
func (f *folder) write(name string, b []byte) error {
	file, err := f.create(name)
	if err != nil {
		return err
	}
	_, err = file.Write(b)
	if err = errors.Join(err, file.Close()); err != nil {
		return errors.Join(err, f.root.Remove(name))
	}
	return nil
}

// keepRoom takes some space, so that, where a link or a dump fills the disk, what
// is left to say has a place. The function that it returns gives it back.
func (f *folder) keepRoom() (giveBack func()) {
	file, err := f.create(roomName)
	if err != nil {
		return func() {}
	}
	// Zeros of a hole would take no space; that there is none shows soon enough.
	_, _ = file.Write(make([]byte, roomSize))
	_ = file.Close()
	return func() { _ = f.root.Remove(roomName) }
}

const (
	roomName = "room.tmp"
	roomSize = 128 << 10
)

// part is a file that gets its name only when it is whole.
type part struct {
	*os.File
	folder *folder
	name   string
}

func (f *folder) part(name string) (*part, error) {
	file, err := f.create(name + partSuffix)
	return &part{file, f, name}, err
}

const partSuffix = ".part"

// finish gives the file its name, or leaves it as what it is.
func (p *part) finish(whole bool) error {
	err := p.Close()
	if err == nil && whole {
		err = p.folder.root.Rename(p.name+partSuffix, p.name)
	}
	return err
}

func (f *folder) Close() error { return f.root.Close() }

var _ io.Closer = (*folder)(nil)
