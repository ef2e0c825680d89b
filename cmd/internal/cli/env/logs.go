package env

import (
	"context"
	"errors"
	"regexp"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/shakedown-dev/shakedown/cmd/internal/app"
	"github.com/shakedown-dev/shakedown/cmd/internal/cli/kit"
	"github.com/shakedown-dev/shakedown/envs/logs"
	"github.com/shakedown-dev/shakedown/events"
)

const logsLong = `Show what the containers of an environment write, all of them or those of some
components, as one stream in the order of time, and follow it until interrupted.

Containers that are started again, pods that are replaced and new ones are followed,
and what a container wrote before it died a moment ago is shown first. Where lines
may be missing a gap stands in their place, with its bounds and the reason. Lines
wait for those of other containers for half a second.

Times are how long ago, such as 10m, 2h30m or 3d, or in UTC, such as
2026-11-29T12:00:00Z, 2026-11-29 or 12:00. The level of a line is understood in JSON,
logfmt and the usual layouts of text; lines of a stack trace have that of its head.
The command ends when it is interrupted or --until has passed, or with --no-follow
after what there is; exit code 4 then says that there are gaps.`

const logsExample = `  shakedown env logs shop
  shakedown env logs shop api web --since 10m --level warn
  shakedown env logs shop --grep timeout --tail 100 --no-follow
  shakedown env logs shop --no-follow -o json --fields user`

type logsOptions struct {
	app                           app.Options
	environment                   string
	components, pods, containers  []string
	since, until, level           string
	grep, fields                  []string
	tail                          int
	invert, previous, timestamped bool
	ends                          bool
}

func newLogs(d *kit.Deps) *cobra.Command {
	var o logsOptions
	cmd := &cobra.Command{
		Use: "logs NAME [COMPONENT...]", Short: "Show what the containers of an environment write", Long: logsLong, Example: logsExample,
		Args: cobra.MinimumNArgs(1), ValidArgsFunction: completeLogs(d, &o),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.environment, o.components = args[0], args[1:]
			return showLogs(cmd.Context(), d, &o)
		},
	}
	o.choice(cmd.Flags())
	cmd.Flags().BoolVar(&o.timestamped, "timestamps", false, "show the time of each line, as its runtime has taken it")
	cmd.Flags().StringSliceVar(&o.fields, "fields", nil, "show the message and these `fields` of lines in JSON or logfmt; a.b is b in a")
	cmd.Flags().BoolVar(&o.ends, "no-follow", false, "show what there is, and end")
	d.OwnFormats(cmd, "`format` of the lines: text, json (an object a line) or raw (as they were written)", "text", "json", "raw")
	kit.CompleteFlag(cmd, "level", cobra.FixedCompletions(logs.Levels(), cobra.ShellCompDirectiveNoFileComp))
	o.app.AddClusterFlags(cmd.Flags())
	return cmd
}

// choice adds the flags that choose among the lines.
func (o *logsOptions) choice(flags *pflag.FlagSet) {
	flags.StringVar(&o.since, "since", "", "`time` of the first line (default: all that there is)")
	flags.StringVar(&o.until, "until", "", "`time` of the last line (default: none)")
	flags.IntVar(&o.tail, "tail", -1, "how many lines of those that are there, the newest of all that fit; -1 for all")
	flags.StringArrayVar(&o.grep, "grep", nil, "regular `expression` that lines match; of several, one")
	flags.BoolVar(&o.invert, "invert", false, "show the lines that --grep does not match")
	flags.StringVar(&o.level, "level", "", "`level` that lines have at least: trace, debug, info, warn, error or fatal")
	flags.StringSliceVar(&o.pods, "pod", nil, "`name` of pods, such as api-*; may be repeated")
	flags.StringSliceVar(&o.containers, "container", nil, "`name` of containers; may be repeated")
	flags.BoolVar(&o.previous, "previous", false, "show also what each container wrote before its last start, however long ago")
}

// options are those of the stream. Errors: *events.Error of KindInvalid.
func (o *logsOptions) options(d *kit.Deps) (logs.Options, error) {
	out := logs.DefaultOptions(d.Now)
	out.Follow, out.Previous, out.Tail, out.Levels = !o.ends, o.previous, o.tail, d.Output == "json"
	q := &out.Query
	q.Components, q.Pods, q.Containers, q.Invert = o.components, o.pods, o.containers, o.invert
	now := d.Now()
	var errs [4]error
	q.Since, errs[0] = bound("--since", o.since, now)
	q.Until, errs[1] = bound("--until", o.until, now)
	q.Grep, errs[2] = expressions(o.grep)
	if o.level != "" {
		q.Level, errs[3] = logs.ParseLevel(o.level)
	}
	return out, errors.Join(errs[:]...)
}

// bound is the time that a flag names, zero for none.
func bound(flag, text string, now time.Time) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	at, err := logs.ParseTime(text, now)
	if err != nil {
		return at, kit.Invalid(kit.HintOf(err), "%s: %w", flag, err)
	}
	return at, nil
}

func expressions(texts []string) ([]*regexp.Regexp, error) {
	var all []*regexp.Regexp
	for _, text := range texts {
		e, err := regexp.Compile(text)
		if err != nil {
			return nil, kit.Invalid("put a \\ before what is meant as it stands, such as \\[", "--grep: %w", err)
		}
		all = append(all, e)
	}
	return all, nil
}

func showLogs(ctx context.Context, d *kit.Deps, o *logsOptions) error {
	options, err := o.options(d)
	if err != nil {
		return err
	}
	cluster, err := app.Logs(ctx, d.AppOptions(o.app))
	if err != nil {
		return err
	}
	defer cluster.Close()
	p := newPrinter(d, o)
	totals, err := logs.Stream(ctx, cluster, o.environment, options, p)
	if flushed := p.Flush(); err == nil {
		err = flushed
	}
	if totals.Unleveled > 0 {
		d.Progress().Say("note: %d lines have no level that is known, and are left out for --level", totals.Unleveled)
	}
	if err != nil {
		return err
	}
	return conclude(d, o, totals)
}

// conclude says what a reader of the lines cannot know. Errors: *events.Error of
// KindPartial when some are missing.
func conclude(d *kit.Deps, o *logsOptions, t logs.Totals) error {
	if t.Containers == 0 {
		d.Progress().Say("note: no container of environment %s fits", o.environment)
	}
	if t.Gaps > 0 {
		return events.Errorf(events.KindPartial, "", "not all of it is shown: there are %d gaps", t.Gaps)
	}
	return nil
}

// completeLogs completes the name of an environment from the server, and those of its
// components from the cluster.
func completeLogs(d *kit.Deps, o *logsOptions) cobra.CompletionFunc {
	environments := Complete(d, new(kit.Server))
	return func(cmd *cobra.Command, args []string, prefix string) ([]string, cobra.ShellCompDirective) {
		if len(args) == 0 {
			return environments(cmd, args, prefix)
		}
		names, err := components(cmd, d, o, args[0])
		if err != nil {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		return names, cobra.ShellCompDirectiveNoFileComp
	}
}

func components(cmd *cobra.Command, d *kit.Deps, o *logsOptions, environment string) ([]string, error) {
	if err := d.Settle(cmd); err != nil {
		return nil, err
	}
	cluster, err := app.Logs(cmd.Context(), d.AppOptions(o.app))
	if err != nil {
		return nil, err
	}
	defer cluster.Close()
	return cluster.Components(cmd.Context(), environment)
}
