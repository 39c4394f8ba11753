package main

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// noCommand is what redsleuth without a command does: help, or the reason why
// its first argument is none.
func noCommand(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return cmd.Help()
	}
	if what, err := os.Stat(args[0]); err == nil {
		if what.IsDir() {
			return hintError{fmt.Errorf("%q is a folder and no command", args[0]),
				"redsleuth report " + shellWord(args[0]) + " says what happened, by the files in it"}
		}
		return hintError{fmt.Errorf("%q is a file and no command", args[0]),
			"redsleuth inspect " + shellWord(args[0]) + " says what it is"}
	}
	err := fmt.Errorf("unknown command %q", args[0])
	if near := cmd.SuggestionsFor(args[0]); len(near) > 0 {
		return fmt.Errorf("%w; did you mean %s?", err, strings.Join(near, " or "))
	}
	return fmt.Errorf("%w; redsleuth help lists them", err)
}

// shellWord is text as one word of a shell's command line.
func shellWord(text string) string {
	plain := func(r rune) bool {
		return r < 128 && (r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || strings.ContainsRune("0123456789-_./:@+,=", r))
	}
	if strings.IndexFunc(text, func(r rune) bool { return !plain(r) }) < 0 {
		return text
	}
	return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'"
}

// flagError says what is wrong with a flag in the words of who typed it.
func flagError(cmd *cobra.Command, err error) error {
	var unknown *pflag.NotExistError
	var invalid *pflag.InvalidValueError
	var missing *pflag.ValueRequiredError
	hint := cmd.CommandPath() + " --help lists the flags"
	switch {
	case errors.As(err, &unknown):
		name := unknown.GetSpecifiedName()
		if len(name) == 1 {
			return hintError{fmt.Errorf("unknown flag -%s", name), hint}
		}
		if near := nearFlag(cmd, name); near != "" {
			hint = "did you mean --" + near + "?"
		}
		return hintError{fmt.Errorf("unknown flag --%s", name), hint}
	case errors.As(err, &invalid):
		return fmt.Errorf("--%s %s: %w", invalid.GetFlag().Name, shellWord(invalid.GetValue()),
			plainly(invalid.Unwrap()))
	case errors.As(err, &missing):
		return hintError{fmt.Errorf("--%s needs a value", missing.GetSpecifiedName()), hint}
	}
	return err
}

// plainly says in other words what the standard library says of a number or a
// length of time.
func plainly(err error) error {
	var number *strconv.NumError
	switch {
	case errors.As(err, &number) && errors.Is(err, strconv.ErrRange):
		return errors.New("the number is too large")
	case errors.As(err, &number) && number.Func == "ParseBool":
		return errors.New("true or false is wanted")
	case errors.As(err, &number):
		return fmt.Errorf("%q is no number", number.Num)
	case strings.HasPrefix(err.Error(), "time: "):
		return errors.New("a length of time such as 2s or 1m30s is wanted")
	}
	return err
}

// nearFlag is the flag of a command whose name is most like what was typed; "" if
// none is near.
func nearFlag(cmd *cobra.Command, typed string) string {
	best, least := "", len(typed)/3+1
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		if d := distance(f.Name, typed); d < least || best == "" && d == least {
			best, least = f.Name, d
		}
	})
	return best
}

// distance is Levenshtein's: how many letters are to be put in, left out or
// changed.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal, row[j+1] = row[j+1], min(cost, row[j+1]+1, row[j]+1)
		}
	}
	return row[len(b)]
}
