package main

import (
	"cmp"
	"strings"

	"github.com/spf13/cobra"
)

// usageTemplate is cobra's, but for the flags that every command has, which have
// a topic of their own.
const usageTemplate = `Usage:
  {{if .HasParent}}{{.UseLine}}{{if .HasAvailableSubCommands}}
  {{.CommandPath}} COMMAND{{end}}{{else}}{{.CommandPath}} COMMAND [FILE…] [flags]{{end}}
{{- if .HasExample}}

Examples:
{{.Example}}{{end}}{{if .HasAvailableSubCommands}}{{$cmds := .Commands}}{{range $group := .Groups}}

{{.Title}}{{range $cmds}}{{if and (eq .GroupID $group.ID) (or .IsAvailableCommand (eq .Name "help"))}}
  {{rpad .Name .NamePadding}} {{.Short}}{{end}}{{end}}{{end}}{{if not .HasParent}}

Topics (redsleuth help TOPIC):{{end}}{{range $cmds}}
{{- if .IsAdditionalHelpTopicCommand}}
  {{rpad .Name .NamePadding}} {{.Short}}{{end}}{{if and (eq .GroupID "") .IsAvailableCommand}}
  {{rpad .Name .NamePadding}} {{.Short}}{{end}}{{end}}{{end}}
{{- if and .HasParent .HasAvailableLocalFlags}}

Flags:
{{.LocalFlags.FlagUsagesWrapped 80 | trimTrailingWhitespaces}}{{end}}

{{if .HasParent}}redsleuth help flags has those of every command; redsleuth help exit, what the
exit status says.{{else}}redsleuth COMMAND --help says more about one.{{end}}
`

// exitHelp is what the exit statuses mean, for people.
const exitHelp = `The exit status is the same for every command and in every output format:

  0    done, nothing to report (info findings don't count)
  1    done, and there are differences, or findings that are warnings or errors
  2    wrong usage, or an input could not be read or recognised at all
  3    a dump or an AOF is damaged or ends early; what could be read is reported
  130  interrupted

A recording (a raw link, a command stream, a capture) ends wherever it was
stopped, which is no reason for 1 or 3. A key that differs by expiry alone is
none for 1.`

const filesHelp = `A FILE is recognised by its content, never by its name; --as KIND overrules.

  rdb           a dump of Redis 2.0 to 8.8, Valkey or KeyDB
  aof           an append-only file, with or without an RDB at its head
  aof-set       a multi-part one: its manifest, or the folder that holds it
  psync         the raw bytes of a replication link, master to replica
  commands      a stream of commands, such as the backlog
  pcap          a packet capture, pcap or pcapng
  monitor       what redis-cli MONITOR printed
  slowlog       what SLOWLOG GET replied, as redis-cli --no-raw shows it
  dump-payload  what DUMP replies

Each of them may be gzip, zstd, lz4 or bzip2 compressed; "-" is standard input.
INFO output and logs are recognised in folders, and read with --info and --log.
Inputs are opened read-only and never changed.`

const timesHelp = `Where a flag takes a time (--from, --to, --at, --now), it is one of

  2026-11-30T18:09:30Z       RFC 3339, with any zone
  2026-11-30T18:09:30.250    the same without a zone, in UTC; a blank does for the T
  2026-11-30 18:09           and the seconds, or the whole time of day, may be left out
  18:09:30                   a time of day within the stream, in UTC
  -10m                       so long before the stream ends: ms, s, m, h and d

A number without a unit is a replication offset. What was made of a time without a
zone is said on stderr. Times are always shown in UTC. --now, which is about no
stream, takes only those with a date.`

const flagsHelp = "These flags go with every command:\n\n"

// newTopics makes the pages of help that are about no command.
func newTopics(root *cobra.Command) []*cobra.Command {
	flags := strings.TrimRight(root.PersistentFlags().FlagUsagesWrapped(80), "\n")
	return []*cobra.Command{
		{Use: "flags", Short: "The flags that every command has", Long: flagsHelp + flags},
		{Use: "exit", Short: "What the exit status says", Long: exitHelp},
		{Use: "files", Short: "What a FILE may be", Long: filesHelp},
		{Use: "times", Short: "How times and offsets are given", Long: timesHelp},
	}
}

// setHelp gives root its help, once all commands and flags are there.
func setHelp(root *cobra.Command) {
	root.SetUsageTemplate(usageTemplate)
	// A topic is its text, and has no usage of its own.
	usage := root.HelpFunc()
	root.SetHelpFunc(func(cmd *cobra.Command, args []string) {
		if cmd.HasParent() && cmd.IsAdditionalHelpTopicCommand() {
			cmd.Println(cmd.Long)
			return
		}
		usage(cmd, args)
	})
	root.AddCommand(newTopics(root)...)
	// cobra's own commands, in our words.
	root.InitDefaultHelpCmd()
	root.InitDefaultCompletionCmd()
	short := map[string]string{"help": "Say more about a command or a topic",
		"completion": "Write completion for bash, zsh, fish or PowerShell"}
	for _, cmd := range root.Commands() {
		cmd.Short = cmp.Or(short[cmd.Name()], cmd.Short)
	}
}
