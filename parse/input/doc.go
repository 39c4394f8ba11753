// Package input opens an artefact of any kind, read-only, and recognises kind
// and compression by content. A Cursor of package parse goes over its
// decompressed bytes.
package input
