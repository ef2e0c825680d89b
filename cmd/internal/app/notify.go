package app

import (
	"context"

	"github.com/spf13/pflag"

	"github.com/shakedown-dev/shakedown/chaos/notify"
	"github.com/shakedown-dev/shakedown/cmd/internal/spec"
)

// notifyService tells people what chaos does, where a Notifier says how.
func notifyService() Service {
	return Service{
		Name: "notify", Summary: "messages to chats, webhooks and Grafana about plans, faults and runs",
		Needs: []Need{notifierNeed()},
		Kinds: map[string]func() spec.Validator{notify.Kind: func() spec.Validator { return &notify.Document{} }},
		open:  func(_ context.Context, a *App) (runner, error) { return openNotify(a) },
	}
}

func notifierNeed() Need {
	has := func(o Options) bool { return len(spec.Of[*notify.Document](o.Documents)) > 0 }
	return Need{
		Name: "notifier", Flags: func(*pflag.FlagSet, *Options) {},
		Named: has, Absent: func(o Options) bool { return !has(o) },
		What: "a Notifier", Advice: "put a document of kind Notifier into --specs",
	}
}

func openNotify(a *App) (runner, error) {
	var documents []notify.Document
	for _, d := range spec.Of[*notify.Document](a.options.Documents) {
		documents = append(documents, *d)
	}
	return notify.New(notify.Deps{
		Bus: a.bus, Store: a.bus, Stamp: a.stamp("notify"), Log: a.options.Log, Registerer: a.registry, Owner: a.owner,
		Env: a.options.Env, Documents: documents, Config: notify.DefaultConfig(), Checkpoint: a.checkpoint("notify"),
	})
}
