package provisioner

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/shakedown-dev/shakedown/events"
)

// undoTimeout bounds the undo of a failed create.
const undoTimeout = 2 * time.Minute

// Clusters makes, shows and destroys clusters by drivers whose names differ. It is
// safe for concurrent use and keeps no state: the drivers know what there is.
type Clusters struct {
	drivers []Driver
	log     *slog.Logger
}

// NewClusters joins the drivers; the log receives what changes.
func NewClusters(drivers []Driver, log *slog.Logger) *Clusters {
	return &Clusters{drivers: drivers, log: log}
}

// CreateOptions say how a cluster is made.
type CreateOptions struct {
	// Retain leaves what a failed create made, to be inspected.
	Retain bool
}

// Plan returns the steps to the cluster that is wanted; it changes nothing.
func (c *Clusters) Plan(ctx context.Context, d Document) ([]PlanStep, error) {
	return c.plan(ctx, d.WithDefaults(), NewPlan)
}

func (c *Clusters) plan(ctx context.Context, d Document, decide func(Document, *Status) ([]PlanStep, error)) ([]PlanStep, error) {
	if err := d.Validate().Err(); err != nil {
		return nil, err
	}
	_, current, err := c.find(ctx, d.Metadata.Name)
	if err != nil {
		return nil, err
	}
	if d, err = d.located(); err != nil {
		return nil, err
	}
	return decide(d, current)
}

// Create makes the cluster what the document says and returns it. One that is
// so already is left alone. A create that fails or is cancelled is undone unless
// it is to be retained; if that fails too, the error says so.
func (c *Clusters) Create(ctx context.Context, d Document, o CreateOptions, p Progress) (Status, error) {
	d = d.WithDefaults()
	steps, err := c.Plan(ctx, d)
	if err != nil {
		return Status{}, err
	}
	if len(steps) == 0 {
		return c.Show(ctx, d.Metadata.Name)
	}
	status, err := c.carryOut(ctx, steps, d, p)
	if err == nil || o.Retain || isUntouched(err) {
		return status, err
	}
	return Status{}, errors.Join(err, c.undo(context.WithoutCancel(ctx), d, p))
}

// carryOut performs the steps of a create.
func (c *Clusters) carryOut(ctx context.Context, steps []PlanStep, d Document, p Progress) (Status, error) {
	driver, err := c.driver(d.Spec.Driver)
	if err != nil {
		return Status{}, Untouched(err)
	}
	var status Status
	for _, step := range steps {
		switch step.Action {
		case ActionCheck:
			err = Step(p, "check this machine", func() error { return Untouched(Refusal(d, driver.Check(ctx, d))) })
		case ActionDestroy:
			err = destroyed(ctx, driver, d.Metadata.Name, p)
		case ActionCreate:
			status, err = driver.Create(ctx, d, p)
		}
		if err != nil {
			return Status{}, err
		}
	}
	c.log.InfoContext(ctx, "cluster created", "cluster", d.Metadata.Name, "driver", d.Spec.Driver)
	return status, nil
}

// undo destroys what a failed create made, if it made anything.
func (c *Clusters) undo(ctx context.Context, d Document, p Progress) error {
	ctx, cancel := context.WithTimeout(ctx, undoTimeout)
	defer cancel()
	name := d.Metadata.Name
	driver, err := c.driver(d.Spec.Driver)
	if err == nil {
		err = destroyed(ctx, driver, name, p)
	}
	if err == nil || events.KindOf(err) == events.KindNotFound {
		return nil
	}
	return events.Errorf(events.KindPartial, "shakedown cluster destroy "+name,
		"undoing the half made cluster %s: %w", name, err)
}

// destroyed destroys a cluster and proves that nothing of it is left. Errors: also
// those of the driver.
func destroyed(ctx context.Context, driver Driver, name string, p Progress) error {
	if err := driver.Destroy(ctx, name, p); err != nil && events.KindOf(err) != events.KindNotFound {
		return err
	}
	_, err := driver.Show(ctx, name)
	switch {
	case err == nil:
		return events.Errorf(events.KindPartial, "shakedown cluster destroy "+name, "cluster %s is still there after it was destroyed", name)
	case events.KindOf(err) == events.KindNotFound:
		return nil
	}
	return err
}

// Refusal is the error for checks that failed, nil if none did.
func Refusal(d Document, checks []Check) error {
	var lines, hints []string
	for _, c := range checks {
		if !c.OK {
			lines = append(lines, c.Name+": "+c.Found)
			hints = append(hints, c.Hint)
		}
	}
	if len(lines) == 0 {
		return nil
	}
	if d.Spec.Driver == DriverSandbox {
		hints = append(hints, "or use a cluster that is there already: shakedown demo --kubeconfig FILE --prometheus URL")
	}
	return events.Errorf(events.KindRefused, strings.Join(hints, "; "),
		"this machine cannot run cluster %s: %s", d.Metadata.Name, strings.Join(lines, "; "))
}

// Checks tests whether this machine can make the cluster; nothing is changed.
func (c *Clusters) Checks(ctx context.Context, d Document) ([]Check, error) {
	d = d.WithDefaults()
	driver, err := c.driver(d.Spec.Driver)
	if err != nil {
		return nil, err
	}
	return driver.Check(ctx, d), nil
}

// List returns every cluster, in the order of their names.
func (c *Clusters) List(ctx context.Context) ([]Status, error) {
	all := []Status{}
	for _, driver := range c.drivers {
		list, err := driver.List(ctx)
		if err != nil {
			return nil, fmt.Errorf("listing clusters of driver %s: %w", driver.Name(), err)
		}
		for _, status := range list {
			all = append(all, withSwitch(driver, status))
		}
	}
	slices.SortFunc(all, func(a, b Status) int { return strings.Compare(a.Name, b.Name) })
	return all, nil
}

// Show returns one cluster.
func (c *Clusters) Show(ctx context.Context, name string) (Status, error) {
	driver, status, err := c.existing(ctx, name)
	if err != nil {
		return Status{}, err
	}
	return withSwitch(driver, *status), nil
}

// Kubeconfig returns the administrator's kubeconfig of a cluster.
func (c *Clusters) Kubeconfig(ctx context.Context, name string) ([]byte, error) {
	driver, _, err := c.existing(ctx, name)
	if err != nil {
		return nil, err
	}
	return driver.Kubeconfig(ctx, name)
}

// Destroy removes a cluster, whatever state it is in.
func (c *Clusters) Destroy(ctx context.Context, name string, p Progress) error {
	driver, _, err := c.existing(ctx, name)
	if err != nil {
		return err
	}
	if err := destroyed(ctx, driver, name, p); err != nil {
		return err
	}
	c.log.InfoContext(ctx, "cluster destroyed", "cluster", name, "driver", driver.Name())
	return nil
}

// driver is the driver of that name.
func (c *Clusters) driver(name string) (Driver, error) {
	for _, d := range c.drivers {
		if d.Name() == name {
			return d, nil
		}
	}
	return nil, events.Errorf(events.KindInvalid, "", "there is no driver %q here", name)
}

// existing is find for a cluster that must be there.
func (c *Clusters) existing(ctx context.Context, name string) (Driver, *Status, error) {
	driver, status, err := c.find(ctx, name)
	if err == nil && status == nil {
		err = NotFound(name)
	}
	return driver, status, err
}

// find returns a cluster and its driver, or nothing if there is no such cluster.
func (c *Clusters) find(ctx context.Context, name string) (Driver, *Status, error) {
	if problem := NameProblem(name); problem != "" {
		return nil, nil, events.Errorf(events.KindInvalid, "", "cluster name %q: %s", name, problem)
	}
	for _, driver := range c.drivers {
		status, err := driver.Show(ctx, name)
		if events.KindOf(err) == events.KindNotFound {
			continue
		}
		if err != nil {
			return nil, nil, err
		}
		return driver, &status, nil
	}
	return nil, nil, nil
}
