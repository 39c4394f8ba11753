//go:build !linux

package diff

// adviseHugePages does nothing where there is nothing to ask for.
func adviseHugePages([]entry) {}
