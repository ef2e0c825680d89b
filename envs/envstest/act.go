package envstest

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/shakedown-dev/shakedown/envs"
	"github.com/shakedown-dev/shakedown/events"
)

// act is something that somebody does.
type act struct {
	text string
	do   func(context.Context, *round) error
}

func creating(by int, d envs.Document) act {
	components := strings.Join(slices.Sorted(maps.Keys(d.Spec.Components)), ",")
	text := fmt.Sprintf("%s: create %s with %s, ttl %s, project %q", installationName(by), d.Metadata.Name, components, d.Spec.TTL, d.Spec.Project)
	return act{text, func(ctx context.Context, r *round) error {
		i := r.stage.installations[by]
		id, err := i.create(ctx, d)
		if err != nil {
			return err
		}
		return r.ask(ctx, &request{by: i, name: d.Metadata.Name, doc: &d, ids: []string{id}})
	}}
}

func building(by int, b events.BuildSucceeded) act {
	text := fmt.Sprintf("%s: build of project %s for %s by template %s", installationName(by), b.Project, b.Environment, b.Template)
	return act{text, func(ctx context.Context, r *round) error {
		i := r.stage.installations[by]
		b.Revision = fmt.Sprint("r", r.stage.ids.Add(1))
		d, err := built(b)
		if err != nil {
			return err
		}
		id, err := i.build(ctx, b)
		if err != nil {
			return err
		}
		taken := events.Digest(id, "envs", "taken")
		return r.ask(ctx, &request{by: i, name: b.Environment, doc: d, project: b.Project, ids: []string{taken, id}})
	}}
}

func destroying(by int, name string, withForeign bool) act {
	text := fmt.Sprintf("%s: destroy %s, with foreign objects: %t", installationName(by), name, withForeign)
	return act{text, func(ctx context.Context, r *round) error {
		i := r.stage.installations[by]
		id, err := i.destroy(ctx, name, withForeign)
		if err != nil {
			return err
		}
		return r.ask(ctx, &request{by: i, name: name, withForeign: withForeign, ids: []string{id}})
	}}
}

func installationName(by int) string { return []string{here, there}[by] }

func extending(by int, name string) act {
	return act{fmt.Sprintf("%s: extend %s", installationName(by), name), func(ctx context.Context, r *round) error {
		i := r.stage.installations[by]
		asked := events.EnvironmentExtend{Name: name, For: events.Duration(1000 * time.Hour)}
		_, err := events.EnvironmentExtendCall.Ask(ctx, i.bus, r.stage.stamp("person").First(""), asked)
		r.answered(i, name, err)
		return nil
	}}
}

func adopting(by int, name, from string) act {
	return act{fmt.Sprintf("%s: adopt %s from %q", installationName(by), name, from), func(ctx context.Context, r *round) error {
		i := r.stage.installations[by]
		asked := events.EnvironmentAdopt{Name: name, From: from}
		_, err := events.EnvironmentAdoptCall.Ask(ctx, i.bus, r.stage.stamp("person").First(""), asked)
		if err == nil {
			r.stage.tally.add(adopted)
		}
		if !isOf(err, events.KindRefused, events.KindNotFound) {
			r.foreigner.touches(name)
		}
		r.noteAdoption(adoption{i, name, from})
		r.answered(i, name, err)
		return nil
	}}
}

func isOf(err error, kinds ...events.Kind) bool {
	e, ok := errors.AsType[*events.Error](err)
	return ok && slices.Contains(kinds, e.Kind)
}

func making(at At, labels map[string]string) act {
	return act{fmt.Sprintf("foreigner: make %s %v", at, labels), func(ctx context.Context, r *round) error {
		return r.foreigner.make(ctx, at, labels)
	}}
}

func editing(at At, labels map[string]string) act {
	return act{fmt.Sprintf("foreigner: change his %s", at), func(ctx context.Context, r *round) error {
		return r.foreigner.edit(ctx, at, labels)
	}}
}

func removing(at At) act {
	return act{fmt.Sprintf("foreigner: delete his %s", at), func(ctx context.Context, r *round) error {
		return r.foreigner.remove(ctx, at)
	}}
}

// theirs is the label by which the foreigner takes an object over.
func theirs() map[string]string { return map[string]string{events.LabelManagedBy: "someone-else"} }

func seizing(at At) act {
	return act{fmt.Sprintf("foreigner: take over %s", at), func(ctx context.Context, r *round) error {
		return r.foreigner.seize(ctx, at, theirs())
	}}
}

func razing(at At) act {
	return act{fmt.Sprintf("foreigner: delete %s", at), func(ctx context.Context, r *round) error {
		return r.foreigner.raze(ctx, at, false)
	}}
}

func disowning(name string) act {
	return act{fmt.Sprintf("foreigner: take the installation off all in %s", name), func(ctx context.Context, r *round) error {
		r.foreigner.touches(name)
		return r.foreigner.disown(ctx, name)
	}}
}
