package rdb

// The opcodes before each value that a module saved (redis src/rdb.h,
// RDB_MODULE_OPCODE_*).
const (
	moduleEOF    = 0
	moduleSint   = 1
	moduleUint   = 2
	moduleFloat  = 3 // 4 bytes
	moduleDouble = 4 // 8 bytes
	moduleString = 5
)

const (
	moduleCharset   = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	moduleNameChars = 9
	moduleVectorSet = "vectorset"
)

// ModuleName takes a module type's 64-bit id apart: nine characters of six
// bits, the first in the highest bits, then ten bits with the version of the
// encoding (redis src/module.c, moduleTypeEncodeId).
func ModuleName(id uint64) (name string, version int) {
	var b [moduleNameChars]byte
	for i := range b {
		shift := 64 - 6*(i+1)
		b[i] = moduleCharset[id>>shift&63]
	}
	return string(b[:]), int(id & 1023)
}
