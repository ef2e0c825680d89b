// Package cli is the shop's command line: it reads the settings of a
// subcommand from flags and environment and runs it.
package cli

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
)

// Streams is where a command writes: its log goes to Out, as containers do it.
type Streams struct {
	Out io.Writer
	Err io.Writer
}

// Exit codes.
const (
	exitOK    = 0
	exitError = 1
	exitUsage = 2
)

// command is one subcommand: setup declares its settings and returns what runs
// it once they are read.
type command struct {
	name, summary string
	setup         func(s *settings) runner
}

type runner func(ctx context.Context, deps deps) error

// deps is what every command needs.
type deps struct {
	log     *slog.Logger
	version string
}

func commands() []command {
	return []command{
		{"web", "the shop's page; calls api", setupWeb},
		{"api", "products and priced carts; calls cart", setupAPI},
		{"cart", "keeps the carts, in memory", setupCart},
		{"load", "sends visitors to the shop at a constant rate", setupLoad},
	}
}

// Main runs the subcommand that args names until it ends or ctx does and
// returns the process's exit code: 0, 1 for an error, 2 for wrong usage.
func Main(ctx context.Context, args []string, streams Streams, getenv func(string) string) int {
	if len(args) == 0 {
		usage(streams.Err)
		return exitUsage
	}
	for _, c := range commands() {
		if c.name == args[0] {
			return run(ctx, c, args[1:], streams, getenv)
		}
	}
	switch args[0] {
	case "help", "-h", "--help":
		usage(streams.Out)
		return exitOK
	}
	_, _ = fmt.Fprintf(streams.Err, "error: no command %q\nhint: shop help\n", args[0])
	return exitUsage
}

func run(ctx context.Context, c command, args []string, streams Streams, getenv func(string) string) int {
	s := newSettings(c, getenv, streams)
	var version string
	s.text(&version, "version-label", "SHOP_VERSION", "dev", "version shown on the page and in shop_info")
	start := c.setup(s)
	err := s.parse(args)
	if errors.Is(err, flag.ErrHelp) {
		return exitOK
	}
	if err != nil {
		_, _ = fmt.Fprintf(streams.Err, "error: %s\nhint: shop %s --help\n", err, c.name)
		return exitUsage
	}
	log := slog.New(slog.NewJSONHandler(streams.Out, nil)).With("service", c.name, "version", version)
	err = start(ctx, deps{log: log, version: version})
	if _, wrong := errors.AsType[*settingError](err); wrong {
		_, _ = fmt.Fprintf(streams.Err, "error: %s\nhint: shop %s --help\n", err, c.name)
		return exitUsage
	}
	if err != nil {
		_, _ = fmt.Fprintf(streams.Err, "error: %s\n", err)
		return exitError
	}
	return exitOK
}

func usage(w io.Writer) {
	_, _ = fmt.Fprint(w, "A small shop to break on purpose.\n\nUsage: shop COMMAND [--flag VALUE]...\n\n")
	for _, c := range commands() {
		_, _ = fmt.Fprintf(w, "  %-5s %s\n", c.name, c.summary)
	}
	_, _ = fmt.Fprintln(w, "\nEvery flag can be set by an environment variable; shop COMMAND --help names them.")
}
