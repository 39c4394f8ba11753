package hashjoin

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// adviseHugePages asks for the memory of a slab in pieces of 2 MiB. A table is
// written once, and touching its memory page by page is half of that work. A
// refusal costs time and nothing else.
func adviseHugePages(slab []Entry) {
	b := unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(slab))), len(slab)*entrySize)
	_ = unix.Madvise(b, unix.MADV_HUGEPAGE)
}
