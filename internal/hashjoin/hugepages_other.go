//go:build !linux

package hashjoin

// adviseHugePages does nothing where there is nothing to ask for.
func adviseHugePages([]Entry) {}
