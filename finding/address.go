package finding

import (
	"regexp"
	"strings"
)

// Where what the catalogue refers to is to be read. Issues and pull requests are
// under one address; sources are named as they are called today.
var (
	issue  = regexp.MustCompile(`\b(redis|valkey)#(\d+)`)
	source = regexp.MustCompile(
		`^(?:(redis|KeyDB|dragonfly) )?((?:src/|modules/vector-sets[/ ])?[a-z0-9_*/]+\.(?:c|h|json))(?:[ ,:](.*))?$`)
	manuals = map[string]string{
		"tcpdump(8)":  "https://www.tcpdump.org/manpages/tcpdump.1.html",
		"mergecap(1)": "https://www.wireshark.org/docs/man-pages/mergecap.html",
		"librdb":      "https://github.com/redis/librdb",
	}
	trees = map[string]string{
		"redis":     "https://github.com/redis/redis/blob/unstable/",
		"KeyDB":     "https://github.com/Snapchat/KeyDB/blob/main/",
		"dragonfly": "https://github.com/dragonflydb/dragonfly/blob/main/",
	}
)

// Address is a reference of the catalogue with its full address: "redis#4483" is
// https://github.com/redis/redis/issues/4483, "redis src/rdb.c rdbLoadRio" the
// address of the file with the function behind it. What has none stays as it is.
func Address(reference string) string {
	if at, ok := manuals[reference]; ok {
		return at
	}
	if rest, ok := strings.CutPrefix(reference, "redsleuth "); ok {
		return "https://github.com/redsleuth/redsleuth/blob/main/" + rest
	}
	if strings.HasPrefix(reference, "github.com/") {
		return "https://" + reference
	}
	if m := source.FindStringSubmatch(reference); m != nil {
		return sourceAddress(m[1], m[2], strings.TrimSpace(m[3]))
	}
	return issue.ReplaceAllStringFunc(reference, func(found string) string {
		family, number, _ := strings.Cut(found, "#")
		if family == "valkey" {
			family = "valkey-io"
		}
		repository, _, _ := strings.Cut(found, "#")
		return "https://github.com/" + family + "/" + repository + "/issues/" + number
	})
}

// sourceAddress is that of a file, with what is meant of it.
func sourceAddress(tree, file, what string) string {
	if tree == "" {
		tree = "redis"
	}
	file = strings.Replace(file, "vector-sets ", "vector-sets/", 1)
	if !strings.Contains(file, "/") {
		file = "src/" + file
	}
	file = strings.TrimSuffix(file, "/*.json")
	if what == "" {
		return trees[tree] + file
	}
	if !strings.HasPrefix(what, "(") {
		what = "(" + what + ")"
	}
	return trees[tree] + file + " " + what
}
