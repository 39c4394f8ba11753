package main

import (
	"fmt"
	"io"
	"runtime"
	"runtime/debug"
	"strings"

	"github.com/spf13/cobra"

	"github.com/redsleuth/redsleuth/cmd/internal/render"
)

// version is set when a release is linked (-X main.version=v1.2.3).
var version string

// shortVersion is one word: what was linked in, or what the go command knows.
func shortVersion() string {
	if version != "" {
		return version
	}
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
		return info.Main.Version
	}
	return "(unknown)"
}

func newVersionCommand(g *globalOptions) *cobra.Command {
	return &cobra.Command{
		Use:     "version",
		Short:   "Say which build this is and which formats it reads",
		Long:    "Says which build this is and which formats it reads." + exitHelp,
		Example: "  redsleuth version\n  redsleuth version --output json",
		GroupID: groupHelp,
		Args:    takes(0, 0, "no arguments"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := g.validate(formatText, formatJSON, formatNDJSON); err != nil {
				return err
			}
			return g.document(cmd.Context(), func(w io.Writer, _ render.Style) error {
				return writeVersion(w, g.format)
			})
		},
	}
}

// buildVersion is the document of version --output json.
type buildVersion struct {
	Schema   string `json:"schema"`
	Version  string `json:"version"`
	Revision string `json:"revision,omitempty"`
	Time     string `json:"time,omitempty"`
	Modified bool   `json:"modified"`
	Go       string `json:"go"`
	Platform string `json:"platform"`
	RDB      string `json:"rdb"`
	// Reads are the kinds of input, Compressions what they may be packed in.
	Reads        []string `json:"reads"`
	Compressions []string `json:"compressions"`
}

func writeVersion(w io.Writer, format string) error {
	v := buildVersion{
		Schema:   "redsleuth/version/1",
		Version:  shortVersion(),
		Go:       runtime.Version(),
		Platform: runtime.GOOS + "/" + runtime.GOARCH,
		RDB:      "REDIS 1 to 15, VALKEY 80 and 81",

		Reads:        kindNames(),
		Compressions: []string{"gzip", "zstd", "lz4", "bzip2"},
	}
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, s := range info.Settings {
			switch s.Key {
			case "vcs.revision":
				v.Revision = s.Value
			case "vcs.time":
				v.Time = s.Value
			case "vcs.modified":
				v.Modified = s.Value == "true"
			}
		}
	}
	if format != formatText {
		return render.Document(w, v, format == formatNDJSON)
	}
	fmt.Fprintf(w, "redsleuth %s\n", v.Version)
	if v.Revision != "" {
		modified := ""
		if v.Modified {
			modified = ", with changes that were not committed"
		}
		fmt.Fprintf(w, "revision  %s of %s%s\n", v.Revision, v.Time, modified)
	}
	_, err := fmt.Fprintf(w, "built by  %s for %s\nreads     %s\n          plain or in %s\n          RDB versions %s\n", v.Go, v.Platform,
		strings.Join(v.Reads, ", "), strings.Join(v.Compressions, ", "), v.RDB)
	return err
}
