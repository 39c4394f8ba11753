package main

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
)

// A syntax is a command, and how its arguments are written: as the servers'
// COMMAND DOCS say.
type syntax struct {
	name  string
	group string
	args  []argument
}

// An argument of a command.
type argument struct {
	name, kind, token             string
	optional, multiple, tokenEach bool
	args                          []argument
}

// left are commands that write and are of no use here: they wait, take all keys
// away, need a peer, a cluster or a payload, or change the server itself.
var left = []string{
	"flushall", "flushdb", "swapdb", "migrate", "restore", "restore-asking", "blpop", "brpop",
	"brpoplpush", "blmove", "blmpop", "bzpopmin", "bzpopmax", "bzmpop", "pfdebug", "pfselftest",
	"function", "move", "debug", "script", "cluster", "eval", "evalsha", "fcall", "trimslots",
}

// commandsOf are those of a server that write, with the syntax that it, or another
// server, tells.
func commandsOf(ctx context.Context, n *node, dir, other string) ([]syntax, error) {
	table, err := n.client.Do(ctx, "COMMAND").Slice()
	if err != nil {
		return nil, err
	}
	docs, err := n.client.Do(ctx, "COMMAND", "DOCS").Slice()
	if err != nil { // before 7.0
		helper, err := start(ctx, filepath.Join(dir, "docs"), other)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", other, err)
		}
		defer helper.stop()
		if docs, err = helper.client.Do(ctx, "COMMAND", "DOCS").Slice(); err != nil {
			return nil, fmt.Errorf("%s tells no syntax: %w", other, err)
		}
	}
	writes := map[string]bool{}
	for _, row := range table {
		row, _ := row.([]any)
		if len(row) > 2 && (slices.Contains(words(row[2]), "write") || len(words(row[2])) == 0) {
			writes[strings.ToLower(fmt.Sprint(row[0]))] = true
		}
	}
	var all []syntax
	for i := 0; i+1 < len(docs); i += 2 {
		name := strings.ToLower(fmt.Sprint(docs[i]))
		all = append(all, read(name, fields(docs[i+1]), writes)...)
	}
	return all, nil
}

// read makes the syntax of a command, or of the subcommands of a container.
func read(name string, doc map[string]any, writes map[string]bool) (all []syntax) {
	parent, _, _ := strings.Cut(name, "|")
	if slices.Contains(left, parent) || strings.HasPrefix(name, "ft.") || strings.HasPrefix(name, "_ft") {
		return nil
	}
	if subs, ok := doc["subcommands"].([]any); ok && parent == "xgroup" {
		for i := 0; i+1 < len(subs); i += 2 {
			all = append(all, read(fmt.Sprint(subs[i]), fields(subs[i+1]), map[string]bool{fmt.Sprint(subs[i]): true})...)
		}
		return all
	}
	if !writes[name] && name != "xreadgroup" && name != "pfcount" || strings.HasSuffix(name, "|help") {
		return nil
	}
	group, _ := doc["group"].(string)
	if group == "module" && !strings.HasPrefix(name, "v") {
		return nil
	}
	return append(all, syntax{name, group, arguments(doc["arguments"])})
}

func arguments(v any) (all []argument) {
	list, _ := v.([]any)
	for _, one := range list {
		f := fields(one)
		a := argument{args: arguments(f["arguments"])}
		a.name, _ = f["name"].(string)
		a.kind, _ = f["type"].(string)
		a.token, _ = f["token"].(string)
		flags := words(f["flags"])
		a.optional = slices.Contains(flags, "optional")
		a.multiple = slices.Contains(flags, "multiple")
		a.tokenEach = slices.Contains(flags, "multiple_token")
		all = append(all, a)
	}
	return all
}

// fields makes a map of a reply of names and values.
func fields(v any) map[string]any {
	list, _ := v.([]any)
	m := map[string]any{}
	for i := 0; i+1 < len(list); i += 2 {
		m[fmt.Sprint(list[i])] = list[i+1]
	}
	return m
}

func words(v any) (all []string) {
	list, _ := v.([]any)
	for _, w := range list {
		all = append(all, fmt.Sprint(w))
	}
	return all
}
