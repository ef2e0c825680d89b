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

// undoTimeout bounds taking back what a failed create made; it also runs when
// the create was cancelled.
const undoTimeout = 2 * time.Minute

// Config is what a Service needs.
type Config struct {
	// Drivers make clusters; their names differ.
	Drivers []Driver
	// Log is told what changes.
	Log *slog.Logger
}

// Service makes, shows and destroys clusters. It is safe for concurrent use and
// keeps no state: what there is, the drivers know.
type Service struct {
	drivers []Driver
	log     *slog.Logger
}

// New returns a service with these drivers.
func New(c Config) *Service { return &Service{drivers: c.Drivers, log: c.Log} }

// CreateOptions say how a cluster is made.
type CreateOptions struct {
	// Retain leaves what a failed create made, for a look at it.
	Retain bool
}

// Plan returns the steps to the cluster that is wanted; it changes nothing.
func (s *Service) Plan(ctx context.Context, d Document) ([]PlanStep, error) {
	d = d.WithDefaults()
	if err := d.Validate().Err(); err != nil {
		return nil, err
	}
	_, current, err := s.find(ctx, d.Metadata.Name)
	if err != nil {
		return nil, err
	}
	return NewPlan(d, current)
}

// Create makes the cluster what the document says and returns it. One that is
// so already is left alone. A create that fails or is cancelled is taken back
// unless it is to be retained; if that fails too, the error says so.
func (s *Service) Create(ctx context.Context, d Document, o CreateOptions, p Progress) (Status, error) {
	d = d.WithDefaults()
	steps, err := s.Plan(ctx, d)
	if err != nil {
		return Status{}, err
	}
	if len(steps) == 0 {
		return s.Show(ctx, d.Metadata.Name)
	}
	driver, err := s.driver(d.Spec.Driver)
	if err != nil {
		return Status{}, err
	}
	if err := Step(p, "check this machine", func() error { return Refusal(d, driver.Check(ctx, d)) }); err != nil {
		return Status{}, err
	}
	status, err := driver.Create(ctx, d, p)
	if err == nil {
		s.log.InfoContext(ctx, "cluster created", "cluster", d.Metadata.Name, "driver", d.Spec.Driver)
		return status, nil
	}
	if o.Retain || isRefused(err) {
		return Status{}, err
	}
	return Status{}, errors.Join(err, s.undo(ctx, driver, d.Metadata.Name, p))
}

// isRefused reports whether a driver made nothing because it would not.
func isRefused(err error) bool {
	var e *events.Error
	return errors.As(err, &e) && e.Kind == events.KindRefused
}

// undo destroys what a failed create made, if it made anything.
func (s *Service) undo(ctx context.Context, driver Driver, name string, p Progress) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), undoTimeout)
	defer cancel()
	err := driver.Destroy(ctx, name, p)
	if err == nil || isNotFound(err) {
		return nil
	}
	return events.Errorf(events.KindPartial, "shakedown cluster destroy "+name,
		"taking back the half made cluster %s: %w", name, err)
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
func (s *Service) Checks(ctx context.Context, d Document) ([]Check, error) {
	d = d.WithDefaults()
	driver, err := s.driver(d.Spec.Driver)
	if err != nil {
		return nil, err
	}
	return driver.Check(ctx, d), nil
}

// List returns every cluster, in the order of their names.
func (s *Service) List(ctx context.Context) ([]Status, error) {
	all := []Status{}
	for _, driver := range s.drivers {
		list, err := driver.List(ctx)
		if err != nil {
			return nil, fmt.Errorf("listing clusters of driver %s: %w", driver.Name(), err)
		}
		all = append(all, list...)
	}
	slices.SortFunc(all, func(a, b Status) int { return strings.Compare(a.Name, b.Name) })
	return all, nil
}

// Show returns one cluster.
func (s *Service) Show(ctx context.Context, name string) (Status, error) {
	_, status, err := s.find(ctx, name)
	if err == nil && status == nil {
		err = NotFound(name)
	}
	if err != nil {
		return Status{}, err
	}
	return *status, nil
}

// Kubeconfig returns the administrator's kubeconfig of a cluster.
func (s *Service) Kubeconfig(ctx context.Context, name string) ([]byte, error) {
	driver, _, err := s.find(ctx, name)
	if err != nil {
		return nil, err
	}
	if driver == nil {
		return nil, NotFound(name)
	}
	return driver.Kubeconfig(ctx, name)
}

// Destroy removes a cluster, whatever state it is in.
func (s *Service) Destroy(ctx context.Context, name string, p Progress) error {
	driver, current, err := s.find(ctx, name)
	if err != nil {
		return err
	}
	if len(DestroyPlan(name, current)) == 0 {
		return NotFound(name)
	}
	if err := driver.Destroy(ctx, name, p); err != nil {
		return err
	}
	s.log.InfoContext(ctx, "cluster destroyed", "cluster", name, "driver", driver.Name())
	return nil
}

// driver is the driver of that name.
func (s *Service) driver(name string) (Driver, error) {
	for _, d := range s.drivers {
		if d.Name() == name {
			return d, nil
		}
	}
	return nil, events.Errorf(events.KindInvalid, "", "there is no driver %q here", name)
}

// find returns a cluster and its driver, or nothing if there is no such cluster.
func (s *Service) find(ctx context.Context, name string) (Driver, *Status, error) {
	if problem := NameProblem(name); problem != "" {
		return nil, nil, events.Errorf(events.KindInvalid, "", "cluster name %q: %s", name, problem)
	}
	for _, driver := range s.drivers {
		status, err := driver.Show(ctx, name)
		if isNotFound(err) {
			continue
		}
		if err != nil {
			return nil, nil, err
		}
		return driver, &status, nil
	}
	return nil, nil, nil
}

// isNotFound reports whether a driver has no such cluster.
func isNotFound(err error) bool {
	var e *events.Error
	return errors.As(err, &e) && e.Kind == events.KindNotFound
}
