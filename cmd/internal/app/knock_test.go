package app

import (
	"fmt"
	"strings"
	"testing"

	"github.com/nats-io/nats.go"

	"github.com/shakedown-dev/shakedown/events/natsbus"
)

// publishing are subjects with the users who may publish on them.
func publishing() map[string][]string {
	const create = "$JS.API.CONSUMER.CREATE.SHAKEDOWN.mine"
	inject := "chaos-v1-chaos-fault-inject-f3ea9312"
	return map[string][]string{
		"shakedown.v1.ci.build.succeeded.x":                   {"webhook"},
		"shakedown.v1.envs.environment.create.x":              {"envs", "operator"},
		"shakedown.v1.envs.environment.ready.x":               {"envs"},
		"shakedown.v1.envs.environment.destroy.x":             {"operator"},
		"shakedown.v1.datamove.copy.start.x":                  {"datamove"},
		"shakedown.v1.datamove.copy.finished.x":               {"datamove"},
		"shakedown.v1.chaos.fault.inject.x":                   {"experiments"},
		"shakedown.v1.chaos.fault.reverted.x":                 {"chaos"},
		"shakedown.v1.chaos.stop.engaged.all":                 {"chaos"},
		"shakedown.v1.experiments.run.start.x":                {"monkey", "operator"},
		"shakedown.v1.monkey.start.decided.x":                 {"monkey"},
		"shakedown.call.v1.monkey.start.veto":                 {"operator"},
		"shakedown.call.v1.monkey.plan.list":                  {"operator", "people"},
		"$KV.shakedown_monkey_starts.x":                       {"monkey"},
		"$KV.shakedown_leaders.monkey":                        {"monkey"},
		"shakedown.v1.experiments.run.finished.x":             {"experiments"},
		"shakedown.v1.provisioner.cluster.create.x":           {"operator"},
		"shakedown.v1.provisioner.cluster.ready.x":            {"provisioner"},
		"shakedown.v1.envs.environment.ready":                 nil,
		"shakedown.call.v1.chaos.stop.engage":                 {"operator"},
		"shakedown.call.v1.envs.environment.adopt":            {"operator"},
		"shakedown.call.v1.envs.environment.show":             {"experiments", "operator", "people"},
		"shakedown.call.v1.chaos.ledger.list":                 {"operator", "people"},
		"$KV.shakedown_envs_queue.x":                          {"envs"},
		"$KV.shakedown_datamove_queue.x":                      {"datamove"},
		"$KV.shakedown_chaos_faults.x":                        {"chaos"},
		"$KV.shakedown_chaos_stop.x":                          {"chaos"},
		"$KV.shakedown_experiments_queue_ended.x":             {"experiments"},
		"$KV.shakedown_provisioner_requests.x":                {"provisioner"},
		"$KV.shakedown_leaders.envs_expiry":                   {"envs"},
		"$KV.shakedown_leaders.provisioner":                   {"provisioner"},
		"shakedown.objects.experiments_records.x":             {"experiments"},
		"shakedown.dead." + inject + ".x":                     {"chaos"},
		"$JS.API.CONSUMER.MSG.NEXT.SHAKEDOWN." + inject:       {"chaos"},
		"$JS.API.CONSUMER.CREATE.SHAKEDOWN." + inject:         {"chaos"},
		"$JS.API.CONSUMER.CREATE.SHAKEDOWN." + inject + ".x":  nil,
		"$JS.API.CONSUMER.DELETE.SHAKEDOWN." + inject:         nil,
		"$JS.ACK.SHAKEDOWN." + inject + ".1.1.1.1.0":          {"chaos"},
		"$JS.ACK._.hash.SHAKEDOWN." + inject + ".1.1.1.1.0.t": {"chaos"},
		create:                                                {"experiments"},
		"$JS.API.STREAM.INFO.SHAKEDOWN":                       {"envs", "datamove", "chaos", "experiments", "monkey", "notify", "provisioner", "webhook"},
		"shakedown.api.STREAM.INFO.SHAKEDOWN":                 {"operator", "people"},
		"shakedown.api.STREAM.MSG.GET.SHAKEDOWN":              {"operator", "people"},
		"shakedown.api.STREAM.MSG.DELETE.SHAKEDOWN_DEAD":      {"operator"},
		"$JS.API.STREAM.MSG.GET.SHAKEDOWN":                    nil,
		"$JS.API.STREAM.MSG.GET.KV_shakedown_chaos_faults":    {"chaos"},
		"$JS.API.STREAM.PURGE.KV_shakedown_envs_queue":        {"envs"},
		"$JS.API.STREAM.DELETE.KV_shakedown_envs_queue":       nil,
		"$JS.API.STREAM.UPDATE.SHAKEDOWN":                     {"envs", "datamove", "chaos", "experiments", "monkey", "notify", "provisioner"},
		"$JS.API.STREAM.PURGE.KV_shakedown_installation":      nil,
		"$JS.API.CONSUMER.CREATE.KV_shakedown_installation.x": nil,
		"$KV.shakedown_installation.installation":             {"envs", "datamove", "chaos", "experiments", "monkey", "notify", "provisioner"},
		"_INBOX.chaos.x":                                      {"experiments", "provisioner"},
		"shakedown.call.v1.provisioner.node.power":            {"chaos"},
		"_INBOX.experiments.x":                                {"envs", "chaos", "experiments"},
		"_INBOX.monkey.x":                                     {"envs", "experiments"},
		"_INBOX.people.x":                                     nil,
		"$JS.API.STREAM.PURGE.SHAKEDOWN":                      nil,
		"$JS.API.STREAM.DELETE.SHAKEDOWN":                     nil,
		"$JS.API.STREAM.MSG.DELETE.SHAKEDOWN":                 nil,
		"$JS.API.STREAM.MSG.DELETE.SHAKEDOWN_DEAD":            nil,
		"$JS.API.CONSUMER.DURABLE.CREATE.SHAKEDOWN." + inject: nil,
		"shakedown.replay." + inject:                          {"operator"},
	}
}

// subscribing are subjects with the users who may read them.
func subscribing() map[string][]string {
	return map[string][]string{
		"shakedown.v1.>":                      nil,
		"$KV.>":                               nil,
		">":                                   nil,
		"_INBOX.>":                            nil,
		"_INBOX.people.>":                     {"people"},
		"_INBOX.chaos.>":                      {"chaos"},
		"shakedown.call.v1.chaos.stop.engage": {"chaos"},
		"shakedown.call.v1.envs.environment.show":    {"envs"},
		"shakedown.call.v1.experiments.run.list":     {"experiments"},
		"shakedown.call.v1.provisioner.cluster.plan": {"provisioner"},
		"shakedown.call.v1.provisioner.node.power":   {"provisioner"},
	}
}

// knocker is a connection that asks what it may do.
type knocker struct{ nc *nats.Conn }

func knock(t *testing.T, access natsbus.Access) knocker {
	t.Helper()
	quiet := nats.ErrorHandler(func(*nats.Conn, *nats.Subscription, error) {}) // what is denied is asked below
	nc, err := nats.Connect(access.URL, nats.RootCAs(access.CAFile), nats.CustomInboxPrefix(access.Inbox), quiet)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(nc.Close)
	return knocker{nc}
}

// want tries it, and asks what the server says of it.
func (k knocker) want(t *testing.T, verb, subject string, may bool, try func() error) {
	t.Helper()
	if err := try(); err != nil {
		t.Fatalf("%s %s: %v", verb, subject, err)
	}
	if err := k.nc.Flush(); err != nil { // what is denied is said before the answer
		t.Fatal(err)
	}
	said := fmt.Sprint(k.nc.LastError())
	if denied := strings.Contains(said, fmt.Sprintf("%s to %q", verb, subject)); denied == may {
		t.Errorf("%s %s: may %v, the server says %s", verb, subject, may, said)
	}
}
