package main

import (
	"io"
	"runtime"
	"runtime/debug"

	"github.com/redsleuth/redsleuth/cmd/internal/document"
	"github.com/redsleuth/redsleuth/cmd/internal/text"
	"github.com/spf13/cobra"
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
		Long:    "Says which build this is and which formats it reads.",
		Example: "  redsleuth version\n  redsleuth version --output json",
		GroupID: groupHelp,
		Args:    argsRange(0, 0, "no arguments"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := g.validate(formatText, formatJSON, formatNDJSON); err != nil {
				return err
			}
			return g.writeResult(cmd.Context(), func(w io.Writer, o text.Options) error {
				if g.format == formatText {
					return text.Version(w, buildVersion(), o)
				}
				return g.writeDocument(w, buildVersion())
			})
		},
	}
}

// buildVersion is what the linker and the go command know of this build.
func buildVersion() *document.Version {
	v := &document.Version{
		Schema:   document.VersionSchema,
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
				modified := s.Value == "true"
				v.Modified = &modified
			}
		}
	}
	return v
}
