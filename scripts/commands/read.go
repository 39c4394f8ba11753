package main

import (
	"embed"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/redsleuth/redsleuth/server"
)

//go:embed data/*.json overlay.json
var files embed.FS

// A source is what one version of a server says of its commands.
type source struct {
	family   string // redis or valkey
	version  server.Version
	commands map[string]*described
	// adds: it tells what came since, not everything.
	adds bool
}

// described is a command as the servers' JSON has it.
type described struct {
	Since     string     `json:"since"`
	Container string     `json:"container"`
	Group     string     `json:"group"`
	Flags     []string   `json:"command_flags"`
	KeySpecs  []keySpec  `json:"key_specs"`
	Arguments []argument `json:"arguments"`
}

type keySpec struct {
	Flags []string `json:"flags"`
	Begin struct {
		Index *struct {
			Pos int `json:"pos"`
		} `json:"index"`
		Keyword *struct {
			Keyword   string `json:"keyword"`
			StartFrom int    `json:"startfrom"`
		} `json:"keyword"`
		Unknown any `json:"unknown"`
	} `json:"begin_search"`
	Find struct {
		Range *struct {
			LastKey int `json:"lastkey"`
			Step    int `json:"step"`
			Limit   int `json:"limit"`
		} `json:"range"`
		KeyNum *struct {
			KeyNumIdx int `json:"keynumidx"`
			FirstKey  int `json:"firstkey"`
			Step      int `json:"step"`
		} `json:"keynum"`
	} `json:"find_keys"`
}

type argument struct {
	Name          string     `json:"name"`
	Type          string     `json:"type"`
	Token         string     `json:"token"`
	Since         string     `json:"since"`
	Optional      truth      `json:"optional"`
	Multiple      truth      `json:"multiple"`
	MultipleToken truth      `json:"multiple_token"`
	Arguments     []argument `json:"arguments"`
}

// truth is a boolean, which some files write as a string.
type truth bool

func (t *truth) UnmarshalJSON(text []byte) error {
	*t = truth(strings.Trim(string(text), `"`) == "true")
	return nil
}

var versionLine = regexp.MustCompile(`(?m)^#define (REDIS|VALKEY)_VERSION "([0-9.]+)"`)

// readTree reads the source of a server.
func readTree(dir string) (*source, error) {
	s := &source{commands: map[string]*described{}}
	if err := s.readVersion(filepath.Join(dir, "src", "version.h")); err != nil {
		return nil, err
	}
	paths, err := filepath.Glob(filepath.Join(dir, "src", "commands", "*.json"))
	if err != nil || len(paths) == 0 {
		return nil, fmt.Errorf("%s: no src/commands/*.json: %w", dir, err)
	}
	vectors := filepath.Join(dir, "modules", "vector-sets", "commands.json")
	if _, err := os.Stat(vectors); err == nil {
		paths = append(paths, vectors)
	}
	for _, path := range paths {
		if err := s.readFile(path); err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
	}
	return s, nil
}

func (s *source) readFile(path string) error {
	data, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	var commands map[string]*described
	if err := json.Unmarshal(data, &commands); err != nil {
		return err
	}
	for name, c := range commands {
		if c.Container != "" {
			name = c.Container + " " + name
		}
		s.commands[strings.ToLower(name)] = c
	}
	return nil
}

// readVersion reads a version.h.
func (s *source) readVersion(path string) error {
	header, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	// Valkey names the version of Redis that it came from as well.
	for _, m := range versionLine.FindAllStringSubmatch(string(header), -1) {
		if s.family == "" || m[1] == "VALKEY" {
			s.family = strings.ToLower(m[1])
			if s.version, err = server.Parse(m[1] + " " + m[2]); err != nil {
				return err
			}
		}
	}
	if s.family == "" {
		return fmt.Errorf("%s: no version", path)
	}
	return nil
}

// readData reads what is newer than any source at hand.
func readData() ([]*source, error) {
	paths, err := fs.Glob(files, "data/*.json")
	if err != nil {
		return nil, err
	}
	var all []*source
	for _, path := range paths {
		var d struct {
			Family   string
			Version  string
			Commands map[string]*described
		}
		if err := readEmbedded(path, &d); err != nil {
			return nil, err
		}
		s := &source{family: d.Family, commands: map[string]*described{}, adds: true}
		if s.version, err = server.Parse(d.Family + " " + d.Version); err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		for name, c := range d.Commands {
			s.commands[strings.ToLower(name)] = c
		}
		all = append(all, s)
	}
	return all, nil
}

func readEmbedded(path string, into any) error {
	data, err := files.ReadFile(path)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(data, into); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return nil
}
