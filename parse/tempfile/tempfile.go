// Package tempfile makes temporary files that are gone with their last descriptor: a
// process that is killed leaves nothing behind of what it read, which may be secret.
//
// Where a file can be removed while it is open, it is, before a byte is in it. Windows
// keeps it in its folder until it is closed, and gives nobody else access meanwhile.
package tempfile

import "os"

// New makes an empty file in the folder for temporary files, to be read and written. Its
// name says for what it is, as "redsleuth-spool". Close is all that it takes to be rid of
// it. Errors are those of the file system.
func New(name string) (*os.File, error) { return create(name) }
