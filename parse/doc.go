// Package parse is what all readers of artefacts have in common.
//
// A Cursor goes over bytes once, from whatever reads them:
//
//	           read, decompressed ahead            summed behind
//	file ────▶ block ▶ block ▶ block ────▶ window ────▶ CRC-64
//	                                       ▲
//	                 borrowed slices ◀── decoder
//
// The window is in one piece, however long the thing that a decoder looks at,
// and grows only with bytes that are there. Error is a place and a cause;
// Limits names every bound. The formats are the packages below this one, each
// with its specification in its package comment; they import this package,
// and it imports none of them.
//
// Damage is told from failure: what is wrong with the bytes is an Error, which
// AsDamage and IsDamage find; an error of the operating system is never one.
// Whether the bytes end early (ErrTruncated), can't be right (ErrDamaged), go
// past a limit (ErrLimit) or are not known (ErrUnsupported) is asked with
// errors.Is.
//
// Stable: Cursor's constructors, Fill, Take, Skip and Close; Error, its kinds
// and ByteOffset; Limits.
package parse
