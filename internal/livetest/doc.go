// Package livetest holds the readers of package parse against real servers:
// what they make of links, captures and append-only files has to be what the
// servers themselves say. It has only tests; they stand apart from the packages
// that they are about so that those, and their fuzz targets, build quickly.
package livetest
