package tempfile

import (
	"crypto/rand"
	"os"
	"path/filepath"
	"syscall"
)

// deleteOnClose is FILE_FLAG_DELETE_ON_CLOSE, temporary FILE_ATTRIBUTE_TEMPORARY, of
// CreateFileW.
const (
	deleteOnClose = 0x04000000
	temporary     = 0x00000100
)

func create(name string) (*os.File, error) {
	path := filepath.Join(os.TempDir(), name+"-"+rand.Text())
	wide, err := syscall.UTF16PtrFromString(path)
	if err != nil {
		return nil, err
	}
	const alone = 0 // nobody else opens it meanwhile
	h, err := syscall.CreateFile(wide, syscall.GENERIC_READ|syscall.GENERIC_WRITE, alone, nil,
		syscall.CREATE_NEW, temporary|deleteOnClose, 0)
	if err != nil {
		return nil, &os.PathError{Op: "create", Path: path, Err: err}
	}
	return os.NewFile(uintptr(h), path), nil
}
