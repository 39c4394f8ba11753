package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/redsleuth/redsleuth/parse/input"

	"github.com/spf13/pflag"

	"github.com/redsleuth/redsleuth/cmd/internal/document"
	"github.com/redsleuth/redsleuth/cmd/internal/render"
	"github.com/redsleuth/redsleuth/cmd/internal/text"
	"github.com/redsleuth/redsleuth/parse"
)

// The output formats. Which of them a command has is said in its help.
const (
	formatText   = "text"
	formatJSON   = "json"
	formatNDJSON = "ndjson"
	formatCSV    = "csv"
	formatRESP   = "resp"
	formatRaw    = "raw"
	// formatParquet is binary, as formatRaw is.
	formatParquet = "parquet"
)

// globalOptions are the flags that every command has.
type globalOptions struct {
	env environment

	format    string
	as        string
	now       string
	show      render.Mode
	redactKey string
	hashKey   []byte // of --show redacted, once it was asked for
	maxMemory sizeFlag
	tables    parse.Limits // MaxArgs and MaxDistinct, as given
	csvSafe   bool
	quiet     bool
	color     string
	out       string
	force     bool
	limit     int
	noPager   bool

	given     func(flag string) bool // whether it is on the command line
	stdinUsed bool
	progress  *progress
	pages     bool     // a pager has the terminal
	held      []string // remarks, until it ends
	opened    []*input.Input
	sum       bool              // inputs are summed
	names     map[string]string // of files of a folder, by their paths
}

func (g *globalOptions) addFlags(flags *pflag.FlagSet) {
	g.format, g.color, g.show = formatText, "auto", render.Quoted
	flags.StringVar(&g.format, "output", g.format,
		"`format` of the result: text, json or ndjson; dump and diff also csv and "+
			"parquet, dump also resp and raw; report also html and markdown")
	flags.StringVar(&g.as, "as", "",
		"read inputs as this `kind` instead of recognising them: "+strings.Join(kindNames(), ", "))
	flags.StringVar(&g.now, "now", "", "the `time` as of which keys have expired: 2026-11-30T18:09:30Z, without a zone in UTC")
	flags.Var(&g.show, "show", "how keys and values are shown: "+strings.Join(render.Modes(), ", "))
	flags.StringVar(&g.redactKey, "redact-key", "",
		"`file` with the key for --show redacted; a random one if not given")
	flags.Var(&g.maxMemory, "max-memory",
		"bound on memory, such as 256MiB, and on the largest string or blob that is read (MaxElement)")
	flags.IntVar(&g.tables.MaxArgs, "max-args", 0,
		"the most arguments (`n`) that one command may have (MaxArgs)")
	flags.IntVar(&g.tables.MaxDistinct, "max-distinct", 0,
		"the most scripts, names and prefixes (`n`) that are told apart (MaxDistinct)")
	flags.IntVar(&g.limit, "limit", 0,
		"at most `n` records, rows of a table or differences; 0 for all. Without it, a terminal is "+
			"shown the first of them, anything else all")
	flags.BoolVar(&g.noPager, "no-pager", false,
		"don't show long output in a pager ($PAGER, or less), as is done on a terminal")
	flags.BoolVar(&g.csvSafe, "csv-safe", false,
		"csv: a ' in front of cells that a spreadsheet would take for a formula")
	flags.BoolVar(&g.quiet, "quiet", false, "no progress and no remarks on stderr")
	flags.StringVar(&g.color, "color", g.color,
		"`when` to use colours: auto, always or never; NO_COLOR and TERM=dumb are honoured")
	flags.StringVarP(&g.out, "out", "o", "", "write the result to this new `file` instead of stdout")
	flags.BoolVar(&g.force, "force", false, "let --out replace an existing file")
}

func kindNames() []string {
	var names []string
	for _, k := range input.Kinds() {
		names = append(names, string(k))
	}
	return names
}

// validate checks what flags alone can get wrong. formats are those that the
// command has.
func (g *globalOptions) validate(formats ...string) error {
	if !slices.Contains(formats, g.format) {
		return fmt.Errorf("--output %s: this command has %s", g.format, strings.Join(formats, ", "))
	}
	if g.as != "" && !slices.Contains(kindNames(), g.as) {
		return fmt.Errorf("--as %s: the kinds are %s", g.as, strings.Join(kindNames(), ", "))
	}
	if !slices.Contains([]string{"auto", "always", "never"}, g.color) {
		return fmt.Errorf("--color %s: auto, always or never", g.color)
	}
	if g.limit < 0 {
		return fmt.Errorf("--limit %d: 0 is for all", g.limit)
	}
	if g.tables.MaxArgs < 0 || g.tables.MaxDistinct < 0 {
		return errors.New("--max-args and --max-distinct take numbers above 0")
	}
	if _, _, err := g.clock(); err != nil {
		return err
	}
	return g.formatUse()
}

// clock is the time of --now; false where it was not given.
func (g *globalOptions) clock() (time.Time, bool, error) {
	if g.now == "" {
		return time.Time{}, false, nil
	}
	t, _, ok := parseTime(g.now)
	if !ok {
		return t, false, fmt.Errorf("--now %s: not a time such as 2026-11-30T18:09:30Z", g.now)
	}
	return t, true, nil
}

// limits are the default ones, but for those that flags say.
func (g *globalOptions) limits() parse.Limits {
	l := g.tables.OrDefault()
	if g.maxMemory > 0 {
		l.MaxElement = max(int64(g.maxMemory), 1<<20)
	}
	return l
}

// openInput opens and recognises one FILE. closeInputs closes it.
func (g *globalOptions) openInput(path string) (*input.Input, error) {
	return g.open(path, input.Kind(g.as))
}

// openBase is openInput for what a flag names, which --as is not about.
func (g *globalOptions) openBase(path string) (*input.Input, error) { return g.open(path, "") }

func (g *globalOptions) open(path string, as input.Kind) (*input.Input, error) {
	if path == "-" {
		if g.stdinUsed {
			return nil, errors.New("stdin is not available: another input has taken it")
		}
		g.stdinUsed = true
	}
	if g.progress == nil {
		g.progress = newProgress(g)
	}
	read := g.progress.of(path)
	in, err := input.Open(path, input.Options{
		Limits:   g.limits(),
		As:       as,
		Stdin:    g.env.stdin,
		Progress: read.add,
		Sum:      g.sum,
	})
	if errors.Is(err, input.ErrUnrecognised) {
		return nil, unrecognised(path, as, err)
	}
	if err != nil {
		return nil, err
	}
	read.expect(in.Size)
	if name, ok := g.names[path]; ok {
		in.Path = name
	}
	g.opened = append(g.opened, in)
	return in, nil
}

// unrecognised says what can be done with an input of no known kind.
func unrecognised(path string, as input.Kind, err error) error {
	if info, failed := os.Stat(path); failed != nil || !info.IsDir() || as != "" {
		return hintError{err, "--as KIND reads it as that kind"}
	}
	return hintError{fmt.Errorf("%s is a folder, and no multi-part AOF: a file of it is wanted", path),
		"redsleuth inspect " + shellWord(path) + " lists them; report, diff and replay take the folder"}
}

// closeInputs ends what openInput began.
func (g *globalOptions) closeInputs() error {
	g.progress.finish()
	var errs []error
	for _, in := range g.opened {
		errs = append(errs, in.Close())
	}
	g.opened = nil
	return errors.Join(errs...)
}

// remark tells the user something on stderr, wrapped on a terminal. What begins with a
// blank is a command, which is to be pasted.
func (g *globalOptions) remark(format string, args ...any) {
	text := fmt.Sprintf("redsleuth: "+format, args...)
	if width := g.env.width(g.env.stderr); width > 0 && !strings.HasPrefix(format, " ") {
		text = render.NewStyle(false, width).Wrap(text, "  ")
	}
	text += "\n"
	switch {
	case g.quiet:
	case g.pages:
		g.held = append(g.held, text)
	default:
		g.progress.clear()
		fmt.Fprint(g.env.stderr, text)
	}
}

// bytesFormatter shows bytes as --show says.
func (g *globalOptions) bytesFormatter() (*render.BytesFormatter, error) {
	if g.show != render.Redacted {
		f := render.NewBytesFormatter(g.show, nil)
		f.SafeCSV = g.csvSafe
		return f, nil
	}
	if g.hashKey == nil {
		key, err := g.readHashKey()
		if err != nil {
			return nil, err
		}
		g.hashKey = key
	}
	return render.NewBytesFormatter(g.show, g.hashKey), nil
}

// readHashKey is the key of --show redacted: that of --redact-key, or a random
// one for the whole run.
func (g *globalOptions) readHashKey() ([]byte, error) {
	if g.redactKey == "" {
		key := make([]byte, 32)
		_, err := rand.Read(key)
		return key, err
	}
	key, err := os.ReadFile(g.redactKey)
	if err == nil && len(bytes.TrimSpace(key)) == 0 {
		err = fmt.Errorf("--redact-key %s: the file is empty", g.redactKey)
	}
	return key, err
}

// style is how text for the stream w looks.
func (g *globalOptions) style(w io.Writer) render.Style {
	width := g.env.width(w)
	colour := width > 0 && g.env.getenv("NO_COLOR") == "" && g.env.getenv("TERM") != "dumb"
	switch g.color {
	case "always":
		colour = true
	case "never":
		colour = false
	}
	return render.NewStyle(colour, width)
}

// writeResult writes the one result of a command, to stdout or to --out.
func (g *globalOptions) writeResult(
	ctx context.Context, result func(w io.Writer, o text.Options) error,
) error {
	formatter, err := g.bytesFormatter()
	if err != nil {
		return err
	}
	sink, err := g.openSink()
	if err != nil {
		return err
	}
	g.progress.clear()
	if err := g.refuseTerminal(sink); err != nil {
		return sink.finish(err)
	}
	if err = result(sink, g.view(sink, formatter)); err == nil {
		err = ctx.Err()
	}
	return sink.finish(err)
}

// view is how text on a sink looks.
func (g *globalOptions) view(s *sink, formatter *render.BytesFormatter) text.Options {
	o := text.Options{Style: g.style(s.terminal), Bytes: formatter}
	if g.isGiven("limit") {
		o.Limit = &g.limit
	}
	return o
}

// writeDocument writes a document as --output json or ndjson asks.
func (g *globalOptions) writeDocument(w io.Writer, v any) error {
	if g.format == formatNDJSON {
		return document.WriteLine(w, v)
	}
	return document.Write(w, v)
}
