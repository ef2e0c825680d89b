// Package schedule has the commands on schedules.
package schedule

import (
	"context"
	"slices"

	"github.com/spf13/cobra"

	"github.com/shakedown-dev/shakedown/chaos/monkey"
	"github.com/shakedown-dev/shakedown/chaos/monkey/feed"
	"github.com/shakedown-dev/shakedown/chaos/monkey/spec"
	"github.com/shakedown-dev/shakedown/chaos/monkey/wall"
	"github.com/shakedown-dev/shakedown/cmd/internal/app"
	"github.com/shakedown-dev/shakedown/cmd/internal/cli/kit"
	"github.com/shakedown-dev/shakedown/events"
)

// New is the command schedule with those below it.
func New(d *kit.Deps) *cobra.Command {
	return kit.Group("schedule", "When experiments run on their own, and what they hit", newList(d), newShow(d), newNext(d), newImport(d))
}

// Files say which schedules are meant, and what there is for them. Without a path they are
// those of the server.
type Files struct {
	Paths  []string
	From   string
	Days   int
	server *kit.Server
}

// maxDays bounds how far a plan goes.
const maxDays = 3660

// Flags adds the flags of commands that plan from files.
func (f *Files) Flags(cmd *cobra.Command, days int) {
	f.pathFlag(cmd)
	cmd.Flags().IntVar(&f.Days, "days", days, "`number` of days")
	cmd.Flags().StringVar(&f.From, "from", "", "first `day` such as 2027-03-28 (default: today in the schedule's zone)")
}

// ServedBy lets the server answer when there is no path.
func (f *Files) ServedBy(server *kit.Server) { f.server = server }

// served are the plans of the server, with what became of their starts.
func (f *Files) served(ctx context.Context, d *kit.Deps) ([]events.SchedulePlan, error) {
	var answer events.PlansAnswer
	err := d.WithSession(ctx, f.server, func(s *kit.Session) (err error) {
		answer, err = kit.Ask(ctx, s, events.PlanListCall, events.PlanQuery{From: f.From, Days: f.Days})
		return err
	})
	for _, p := range answer.Plans {
		if p.Problem != "" {
			d.Progress().Say("schedule %s: nothing starts: %s", p.Schedule, p.Problem)
		}
	}
	return answer.Plans, err
}

func (f *Files) pathFlag(cmd *cobra.Command) {
	cmd.Flags().StringArrayVarP(&f.Paths, "file", "f", nil, "`PATH` of a file or a folder, or - for stdin; may be repeated")
	_ = cmd.MarkFlagFilename("file", "yaml", "yml") // the flag is there
}

// read reads the schedules, and what stands beside them. Notes on them go to stderr.
func (f *Files) read(d *kit.Deps) ([]spec.Document, monkey.Asked, error) {
	if len(f.Paths) == 0 {
		return nil, monkey.Asked{}, kit.Invalid("give -f PATH", "no file or folder was given")
	}
	documents, err := d.Specs().Read(f.Paths...)
	if err != nil {
		return nil, monkey.Asked{}, err
	}
	schedules, err := app.Schedules(documents)
	if err != nil {
		return nil, monkey.Asked{}, err
	}
	if len(schedules) == 0 {
		return nil, monkey.Asked{}, kit.Invalid("name a file with a document of kind "+spec.Kind, "there is no document of kind %s", spec.Kind)
	}
	for _, s := range schedules {
		for _, note := range s.Notes() {
			d.Progress().Say("schedule %s: note: %s", s.Metadata.Name, note)
		}
	}
	experiments, err := app.PlannedExperiments(documents)
	asked := monkey.Asked{Experiments: experiments, Members: monkey.Members(app.PlannedEnvironments(documents), experiments), Days: f.Days}
	return schedules, asked, err
}

// Plans are those of the schedules in the files.
func (f *Files) Plans(ctx context.Context, d *kit.Deps) ([]events.SchedulePlan, error) {
	if f.Days < 1 || f.Days > maxDays {
		return nil, kit.Invalid("shakedown schedule next --help", "--days is %d, want 1 to %d", f.Days, maxDays)
	}
	if len(f.Paths) == 0 && f.server != nil {
		return f.served(ctx, d)
	}
	schedules, asked, err := f.read(d)
	if err != nil {
		return nil, err
	}
	calendars := feed.New()
	defer calendars.Client.CloseIdleConnections()
	plans := make([]events.SchedulePlan, 0, len(schedules))
	for _, s := range schedules {
		if asked.First, err = f.first(d, s); err != nil {
			return nil, err
		}
		asked.Document = s
		p, err := monkey.Preview(ctx, calendars, asked)
		if err != nil {
			return nil, err
		}
		sayNothing(d, p)
		plans = append(plans, p)
	}
	return plans, nil
}

// first is the first day that is asked for.
func (f *Files) first(d *kit.Deps, s spec.Document) (wall.Date, error) {
	if f.From != "" {
		day, err := wall.ParseDate(f.From)
		if err != nil {
			return 0, kit.Invalid("shakedown schedule next --help", "--from: %w", err)
		}
		return day, nil
	}
	zone, err := wall.Zone(s.Spec.TimeZone)
	return wall.DateAt(d.Now(), zone), err
}

// sayNothing says why a plan starts nothing, as far as that is not said by its days.
func sayNothing(d *kit.Deps, p events.SchedulePlan) {
	for _, l := range p.Left {
		d.Progress().Say("schedule %s: %s is not hit: %s", p.Schedule, l.Member, l.Why)
	}
	if p.Chance > 0 && len(p.Groups) == 0 {
		d.Progress().Say("schedule %s: nothing in the files can be hit: give the Environments and Experiments, too", p.Schedule)
	}
}

// starts are those of all plans, in order.
func starts(plans []events.SchedulePlan) []events.PlanStart {
	var all []events.PlanStart
	for _, p := range plans {
		for _, day := range p.Days {
			all = append(all, day.Starts...)
		}
	}
	slices.SortStableFunc(all, func(a, b events.PlanStart) int { return a.At.Compare(b.At) })
	return all
}
