package main

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"golang.org/x/term"

	"github.com/redsleuth/redsleuth/cmd/internal/text"
	"github.com/redsleuth/redsleuth/collect"
)

// collectOptions are the flags of collect.
type collectOptions struct {
	*globalOptions
	user, passwordFile     string
	askPassword            bool
	topology, backlog, rdb bool
	follow, timeout        time.Duration
	maxBytes               sizeFlag
	tls                    tlsOptions
}

type tlsOptions struct {
	ca, cert, key, serverName string
	skipVerify                bool
}

const collectHelp = `Takes the evidence off running servers before it is gone: INFO, clients, slow log,
ACL log, latency, settings, and the replication backlog; with --rdb a dump, with
--follow the stream as it comes. Each server gets a folder HOST-PORT in DIR, which
must be new or empty. The other commands read what is in it.

A URL is redis://HOST:PORT, rediss://HOST:PORT for TLS, or unix://PATH, with a
user in it (redis://USER@HOST) or --user; HOST:PORT alone will do. The password
comes from --password-file, from REDISCLI_AUTH, or is asked for
(--ask-password); never from the command line.

WHAT THE SERVER SEES
  Nothing is written to it. For the backlog it is asked as a replica asks: its
  log and INFO show a replica on port 0 come and go, and a Sentinel that looks
  just then may remember it (SENTINEL RESET forgets it). No full sync is set off:
  where the backlog moves too fast for that to be sure, it is not asked for, and
  that is said. --rdb makes the server save (BGSAVE), and takes the stream up to
  the dump's offset, with --follow at its end. With --follow or --rdb the replica
  acknowledges what it has, so WAIT and min-replicas-to-write count it while it is
  there. The slow log is what tells who wrote; it has every command only where
  slowlog-log-slower-than is 0, which CONFIG SET can do beforehand, and you decide.

PERMISSIONS of an ACL user
  +info +client|list +slowlog|get +acl|log +latency|latest +config|get
  +cluster|nodes +sentinel|masters +sentinel|slaves +ping +replconf +psync`

func newCollectCommand(g *globalOptions) *cobra.Command {
	o := &collectOptions{globalOptions: g}
	cmd := &cobra.Command{
		Use:   "collect URL... -o DIR",
		Short: "Take the evidence off running servers before it is gone",
		Long:  collectHelp,
		Example: `  redsleuth collect redis://master:6379 redis://replica:6379 -o evidence
  redsleuth collect rediss://forensics@10.0.0.5 --password-file pw -o evidence --follow-topology
  redsleuth collect master:6379 -o evidence --rdb --follow 10m`,
		GroupID: groupCompare,
		Args:    argsRange(1, -1, "one URL or more"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return runCollect(cmd.Context(), o, args)
		},
	}
	o.addFlags(cmd.Flags())
	return cmd
}

func (o *collectOptions) addFlags(flags *pflag.FlagSet) {
	flags.StringVar(&o.user, "user", "", "the ACL `user`; the one in a URL goes first")
	flags.StringVar(&o.passwordFile, "password-file", "", "`file` whose first line is the password")
	flags.BoolVar(&o.askPassword, "ask-password", false, "ask for the password on the terminal")
	flags.BoolVar(&o.topology, "follow-topology", false,
		"take the master of a replica, the replicas of a master, and the nodes of a cluster too")
	flags.BoolVar(&o.backlog, "backlog", true, "take the replication backlog")
	flags.BoolVar(&o.rdb, "rdb", false, "take a dump too, as a replica gets it: the server saves")
	flags.DurationVar(&o.follow, "follow", 0, "continue with the stream for so long, such as 10m")
	flags.Var(&o.maxBytes, "max-bytes", "no more than this of each server's link and dump, as 10GiB")
	flags.DurationVar(&o.timeout, "timeout", 5*time.Second, "how long a server may take to answer")
	flags.StringVar(&o.tls.ca, "tls-ca", "", "PEM `file` of the authorities that are trusted; the system's if not given")
	flags.StringVar(&o.tls.cert, "tls-cert", "", "PEM `file` of the client's certificate")
	flags.StringVar(&o.tls.key, "tls-key", "", "PEM `file` of its key")
	flags.StringVar(&o.tls.serverName, "tls-server-name", "", "the `name` that the certificate is for (SNI)")
	flags.BoolVar(&o.tls.skipVerify, "tls-skip-verify", false, "take any certificate")
}

func runCollect(ctx context.Context, o *collectOptions, urls []string) error {
	if err := o.validate(formatText, formatJSON, formatNDJSON); err != nil {
		return err
	}
	dir := o.out
	if dir == "" || dir == "-" {
		return errors.New("collect needs a folder for what it takes: -o DIR")
	}
	targets, err := parseTargets(urls)
	if err != nil {
		return err
	}
	options, err := o.options(dir)
	if err != nil {
		return err
	}
	servers, err := collect.Run(ctx, options, targets)
	o.progress.finish()
	if errors.Is(err, collect.ErrNotEmpty) {
		return hintError{fmt.Errorf("-o %s: %w", dir, err),
			"a new folder for each collection keeps them apart; --force uses this one"}
	}
	if servers == nil {
		return err
	}
	return errors.Join(err, o.tell(ctx, dir, servers), ctx.Err(), collected(servers))
}

// tell writes the summary to stdout, also after an interruption.
func (o *collectOptions) tell(ctx context.Context, dir string, servers []*collect.Server) error {
	o.out = ""
	return o.writeResult(context.WithoutCancel(ctx), func(w io.Writer, t text.Options) error {
		if o.format == formatText {
			return text.Collect(w, dir, servers, t)
		}
		return o.writeDocument(w, servers)
	})
}

// collected is the exit status: an error where no server was reached, findings
// where something could not be taken.
func collected(servers []*collect.Server) error {
	taken, failed := 0, 0
	for _, s := range servers {
		if s.Taken() {
			taken++
		}
		failed += len(s.Failed)
	}
	switch {
	case taken == 0:
		return errors.New("no server could be reached")
	case failed > 0:
		return errFindings
	}
	return nil
}

func parseTargets(urls []string) ([]collect.Target, error) {
	var targets []collect.Target
	for _, u := range urls {
		t, err := collect.ParseTarget(u)
		if errors.Is(err, collect.ErrPassword) {
			return nil, hintError{err, "give it by --password-file, REDISCLI_AUTH or --ask-password, and change it"}
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", u, err)
		}
		targets = append(targets, t)
	}
	return targets, nil
}

func (o *collectOptions) options(dir string) (collect.Options, error) {
	if o.timeout <= 0 || o.follow < 0 {
		return collect.Options{}, errors.New("--timeout and --follow take durations above 0")
	}
	password, err := o.password()
	if err != nil {
		return collect.Options{}, err
	}
	config, err := o.tls.config()
	if err != nil {
		return collect.Options{}, err
	}
	o.progress = newProgress(o.globalOptions)
	coming := o.progress.of(dir)
	var mu sync.Mutex
	return collect.Options{
		Dir: dir, Force: o.force, User: o.user, Password: password, TLS: config, Timeout: o.timeout,
		Topology: o.topology, Backlog: o.backlog, RDB: o.rdb, Follow: o.follow,
		MaxBytes: int64(o.maxBytes), Now: o.env.now,
		Progress: coming.add,
		Say: func(server, message string) {
			mu.Lock()
			defer mu.Unlock()
			o.remark("%s: %s", server, message)
		},
	}, nil
}

// password is that of --password-file, of the terminal, or of the environment.
func (o *collectOptions) password() (string, error) {
	switch {
	case o.passwordFile != "" && o.askPassword:
		return "", errors.New("--password-file and --ask-password contradict each other")
	case o.passwordFile != "":
		return readPassword(o.passwordFile)
	case o.askPassword:
		return o.ask()
	}
	return o.env.getenv("REDISCLI_AUTH"), nil
}

// readPassword reads the first line of a file.
func readPassword(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	line, err := bufio.NewReader(io.LimitReader(f, longestPassword)).ReadString('\n')
	if err != nil && err != io.EOF {
		return "", err
	}
	if line = strings.TrimRight(line, "\r\n"); line == "" {
		return "", fmt.Errorf("--password-file %s: its first line is empty", path)
	}
	return line, nil
}

// ask has the password typed.
func (o *collectOptions) ask() (string, error) {
	file, ok := o.env.stdin.(*os.File)
	if !ok || !term.IsTerminal(int(file.Fd())) {
		return "", errors.New("--ask-password: there is no terminal to ask on")
	}
	fmt.Fprint(o.env.stderr, "Password: ")
	b, err := term.ReadPassword(int(file.Fd()))
	fmt.Fprintln(o.env.stderr)
	return string(b), err
}

const longestPassword = 64 << 10

func (o *tlsOptions) config() (*tls.Config, error) {
	c := &tls.Config{ServerName: o.serverName, InsecureSkipVerify: o.skipVerify}
	if o.ca != "" {
		pem, err := os.ReadFile(o.ca)
		if err != nil {
			return nil, err
		}
		c.RootCAs = x509.NewCertPool()
		if !c.RootCAs.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("--tls-ca %s: no certificate in it", o.ca)
		}
	}
	if (o.cert == "") != (o.key == "") {
		return nil, errors.New("--tls-cert and --tls-key need each other")
	}
	if o.cert != "" {
		pair, err := tls.LoadX509KeyPair(o.cert, o.key)
		if err != nil {
			return nil, fmt.Errorf("--tls-cert: %w", err)
		}
		c.Certificates = []tls.Certificate{pair}
	}
	return c, nil
}
