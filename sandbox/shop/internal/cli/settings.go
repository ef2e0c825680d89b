package cli

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"strings"
	"time"
)

// settings reads values from flags, else the environment, else defaults.
type settings struct {
	set    *flag.FlagSet
	getenv func(string) string
	errs   []error
}

// settingError is a setting's impossible value.
type settingError struct{ err error }

// Error implements error; several problems are joined on one line.
func (e *settingError) Error() string { return strings.ReplaceAll(e.err.Error(), "\n", "; ") }

func (e *settingError) Unwrap() error { return e.err }

// invalid marks a validation's result as the user's error; nil stays nil.
func invalid(err error) error {
	if err == nil {
		return nil
	}
	return &settingError{err}
}

func newSettings(c command, getenv func(string) string, streams Streams) *settings {
	set := flag.NewFlagSet("shop "+c.name, flag.ContinueOnError)
	set.SetOutput(streams.Out)
	set.Usage = func() {
		_, _ = fmt.Fprintf(streams.Out, "shop %s: %s\n\n", c.name, c.summary)
		set.PrintDefaults()
	}
	return &settings{set: set, getenv: getenv}
}

func (s *settings) text(p *string, name, env, def, usage string) {
	s.set.StringVar(p, name, def, usage+" ($"+env+")")
	s.environment(name, env)
}

func (s *settings) duration(p *time.Duration, name, env string, def time.Duration, usage string) {
	s.set.DurationVar(p, name, def, usage+" ($"+env+")")
	s.environment(name, env)
}

func (s *settings) number(p *int, name, env string, def int, usage string) {
	s.set.IntVar(p, name, def, usage+" ($"+env+")")
	s.environment(name, env)
}

func (s *settings) float(p *float64, name, env string, def float64, usage string) {
	s.set.Float64Var(p, name, def, usage+" ($"+env+")")
	s.environment(name, env)
}

func (s *settings) toggle(p *bool, name, env string, def bool, usage string) {
	s.set.BoolVar(p, name, def, usage+" ($"+env+")")
	s.environment(name, env)
}

func (s *settings) environment(name, env string) {
	value := s.getenv(env)
	if value == "" {
		return
	}
	if err := s.set.Set(name, value); err != nil {
		s.errs = append(s.errs, fmt.Errorf("%s %q: %w", env, value, err))
	}
}

// parse reads the flags. Errors: flag.ErrHelp, *settingError.
func (s *settings) parse(args []string) error {
	err := s.quietly(args)
	if errors.Is(err, flag.ErrHelp) {
		return err
	}
	if err == nil && s.set.NArg() > 0 {
		err = fmt.Errorf("unexpected argument %q", s.set.Arg(0))
	}
	return invalid(errors.Join(append(s.errs, err)...))
}

// quietly parses without the flag package's habit of printing the whole usage
// for a mistyped flag; --help still prints it.
func (s *settings) quietly(args []string) error {
	usage, out := s.set.Usage, s.set.Output()
	s.set.SetOutput(io.Discard)
	s.set.Usage = func() {}
	err := s.set.Parse(args)
	s.set.SetOutput(out)
	if errors.Is(err, flag.ErrHelp) {
		usage()
	}
	return err
}
