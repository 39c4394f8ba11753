//go:build !amd64

package crc64

// hasCarryless: nothing here would use it.
func hasCarryless() bool { return false }

// foldBlocks is never called.
func foldBlocks(*[blockSize]byte, []byte, *[2]uint64) {}
