//go:build !windows

package tempfile

import (
	"errors"
	"os"
)

func create(name string) (*os.File, error) {
	f, err := os.CreateTemp("", name+"-*") // mode 0600
	if err != nil {
		return nil, err
	}
	if err := os.Remove(f.Name()); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}
