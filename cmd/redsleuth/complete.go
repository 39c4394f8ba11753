package main

import (
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/redsleuth/redsleuth/cmd/internal/render"
	"github.com/redsleuth/redsleuth/command"
	"github.com/redsleuth/redsleuth/divergence"
	"github.com/redsleuth/redsleuth/finding"
	"github.com/redsleuth/redsleuth/server"
)

// A completion offers the values of a flag, to a command.
type completion func(cmd *cobra.Command) []string

// completions are those of the flags with a set of values that is known.
func completions() map[string]completion {
	fixed := func(values ...string) completion {
		return func(*cobra.Command) []string { return values }
	}
	return map[string]completion{
		"as":             fixed(kindNames()...),
		"show":           fixed(render.Modes()...),
		"color":          fixed("auto", "always", "never"),
		"output":         formatsOf,
		"type":           fixed(typeNames()...),
		"server-version": fixed(versionNames()...),
		"command":        fixed(command.Names()...),
	}
}

// completeFlags offers values, to root and all its commands. It fails for a flag
// that none of them has.
func completeFlags(root *cobra.Command) error {
	var err error
	for name, values := range completions() {
		offer := func(cmd *cobra.Command, _ []string, typed string) ([]string, cobra.ShellCompDirective) {
			return continued(values(cmd), typed), cobra.ShellCompDirectiveNoFileComp
		}
		if root.PersistentFlags().Lookup(name) != nil {
			err = root.RegisterFlagCompletionFunc(name, offer)
		}
		for _, cmd := range root.Commands() {
			if err == nil && cmd.LocalNonPersistentFlags().Lookup(name) != nil {
				err = cmd.RegisterFlagCompletionFunc(name, offer)
			}
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// continued are values behind what was typed up to the last comma: flags take
// lists.
func continued(values []string, typed string) []string {
	at := strings.LastIndexByte(typed, ',') + 1
	all := make([]string, 0, len(values))
	for _, v := range values {
		all = append(all, typed[:at]+v)
	}
	return all
}

// formatsOf are the formats of --output that a command has.
func formatsOf(cmd *cobra.Command) []string {
	switch cmd.Name() {
	case "dump":
		return []string{formatText, formatJSON, formatNDJSON, formatCSV, formatRESP, formatRaw,
			formatParquet}
	case "diff":
		return []string{formatText, formatJSON, formatNDJSON, formatCSV, formatParquet}
	case "report":
		return []string{formatHTML, formatMarkdown, formatJSON, formatText}
	}
	return []string{formatText, formatJSON, formatNDJSON}
}

func versionNames() []string {
	var all []string
	for _, v := range server.Turning() {
		all = append(all, strings.ReplaceAll(v.String(), " ", "-"))
	}
	return all
}

// completeCode completes the one CODE, with its title.
func completeCode(
	_ *cobra.Command, args []string, _ string,
) ([]string, cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	var all []string
	for _, e := range finding.Catalogue() {
		all = append(all, e.Code+"\t"+e.Title)
	}
	for _, r := range divergence.All() {
		all = append(all, r.Name+"\t"+r.Title)
	}
	slices.Sort(all)
	return all, cobra.ShellCompDirectiveNoFileComp
}
