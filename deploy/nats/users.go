package nats

import "github.com/shakedown-dev/shakedown/events"

// User is a user of the server with what its code needs.
type User struct {
	Name, About string
	// Publishes are the types of events that it publishes, Takes those that its group works
	// on. Watches says that it also reads events of others, as they come or as stored.
	Publishes, Takes []string
	Watches          bool
	// Asks and Answers are types of calls.
	Asks, Answers []string
	// Buckets and Objects are its state; Duties are its rows of the bucket of leaders.
	Buckets, Objects, Duties []string
	// Letters says that it gives dead letters back to their groups, or drops them.
	Letters bool
	// Serves says that it is the user of a server, and not of a person's commands.
	Serves bool
}

// Users are all users, the services first.
func Users() []User {
	return []User{envs(), datamove(), chaos(), experiments(), monkey(), notify(), provisioner(), webhook(), operator(), people()}
}

func envs() User {
	return User{
		Name: "envs", About: "environments", Serves: true,
		Publishes: []string{
			events.EnvironmentCreateTopic.Type(), events.EnvironmentProgressedTopic.Type(), events.EnvironmentProvisionedTopic.Type(),
			events.EnvironmentReadyTopic.Type(), events.EnvironmentFailedTopic.Type(), events.EnvironmentRejectedTopic.Type(),
			events.EnvironmentExpiringTopic.Type(), events.EnvironmentDestroyedTopic.Type(),
		},
		Takes: []string{
			events.BuildSucceededTopic.Type(), events.EnvironmentCreateTopic.Type(), events.EnvironmentDestroyTopic.Type(),
			events.CopyFinishedTopic.Type(), events.CopyRefusedTopic.Type(),
		},
		Asks: []string{events.RunAbortCall.Type(), events.RunListCall.Type()},
		Answers: []string{
			events.EnvironmentAdoptCall.Type(), events.EnvironmentDiffCall.Type(), events.EnvironmentExtendCall.Type(),
			events.EnvironmentListCall.Type(), events.EnvironmentShowCall.Type(),
		},
		Buckets: queue("envs_queue"), Duties: []string{"envs_expiry"},
	}
}

func datamove() User {
	return User{
		Name: "datamove", About: "copies of data", Serves: true,
		Publishes: []string{
			events.CopyStartTopic.Type(), events.CopyProgressedTopic.Type(), events.CopyFinishedTopic.Type(), events.CopyRefusedTopic.Type(),
		},
		Takes:   []string{events.EnvironmentProvisionedTopic.Type(), events.CopyStartTopic.Type()},
		Buckets: queue("datamove_queue"),
	}
}

func chaos() User {
	return User{
		Name: "chaos", About: "faults and the emergency stop", Serves: true,
		Publishes: []string{
			events.FaultInjectedTopic.Type(), events.FaultRefusedTopic.Type(), events.FaultFailedTopic.Type(), events.FaultRevertedTopic.Type(),
			events.RecoveryMarkedTopic.Type(), events.StopEngagedTopic.Type(), events.StopReleasedTopic.Type(),
			events.EnvironmentArmedTopic.Type(), events.EnvironmentDisarmedTopic.Type(),
		},
		Takes: []string{events.FaultInjectTopic.Type(), events.FaultRevertTopic.Type()},
		Answers: []string{
			events.StopCall.Type(), events.ResumeCall.Type(), events.StopStateCall.Type(), events.LedgerListCall.Type(), events.FaultKindsCall.Type(),
			events.FaultPlanCall.Type(), events.ArmCall.Type(), events.DisarmCall.Type(), events.ArmListCall.Type(),
		},
		Asks:    []string{events.ClusterListCall.Type(), events.ClusterShowCall.Type(), events.NodePowerCall.Type()},
		Buckets: append(queue("chaos_faults"), "chaos_stop", "chaos_arms", "chaos_ledger"),
	}
}

func experiments() User {
	return User{
		Name: "experiments", About: "runs of experiments and their records", Serves: true,
		Publishes: []string{
			events.RunStartedTopic.Type(), events.RunProgressedTopic.Type(), events.RunFinishedTopic.Type(),
			events.FaultInjectTopic.Type(), events.FaultRevertTopic.Type(),
		},
		Takes:   []string{events.RunStartTopic.Type(), events.EnvironmentReadyTopic.Type()},
		Watches: true,
		Asks:    []string{events.EnvironmentShowCall.Type(), events.StopStateCall.Type()},
		Answers: []string{events.RunAbortCall.Type(), events.RunListCall.Type(), events.RunShowCall.Type()},
		Buckets: queue("experiments_queue"), Objects: []string{"experiments_records"}, Duties: []string{"experiments_pruning"},
	}
}

func monkey() User {
	return User{
		Name: "monkey", About: "schedules, their plans and starts", Serves: true,
		Publishes: []string{
			events.ScheduleAppliedTopic.Type(), events.ScheduleDeletedTopic.Type(), events.PlanMadeTopic.Type(), events.PlanFailedTopic.Type(),
			events.StartDecidedTopic.Type(), events.RunStartTopic.Type(),
		},
		Takes: []string{events.RunFinishedTopic.Type()},
		Asks: []string{
			events.EnvironmentListCall.Type(), events.RunAbortCall.Type(), events.RunListCall.Type(), events.RunShowCall.Type(),
		},
		Answers: []string{
			events.ScheduleApplyCall.Type(), events.ScheduleDeleteCall.Type(), events.ScheduleListCall.Type(), events.ScheduleShowCall.Type(),
			events.PlanListCall.Type(), events.StartVetoCall.Type(), events.TargetExplainCall.Type(),
		},
		Buckets: []string{"monkey_schedules", "monkey_plans", "monkey_starts"}, Duties: []string{"monkey"},
	}
}

func notify() User {
	return User{
		Name: "notify", About: "messages to people", Serves: true,
		Takes: []string{
			events.PlanMadeTopic.Type(), events.PlanFailedTopic.Type(), events.RunFinishedTopic.Type(), events.FaultInjectedTopic.Type(),
			events.FaultRevertedTopic.Type(), events.StopEngagedTopic.Type(), events.StopReleasedTopic.Type(),
		},
		Buckets: queue("notify_messages"),
	}
}

func provisioner() User {
	return User{
		Name: "provisioner", About: "clusters", Serves: true,
		Publishes: []string{
			events.ClusterProgressedTopic.Type(), events.ClusterReadyTopic.Type(), events.ClusterFailedTopic.Type(), events.ClusterDestroyedTopic.Type(),
		},
		Takes:   []string{events.ClusterCreateTopic.Type(), events.ClusterDestroyTopic.Type()},
		Answers: []string{events.ClusterListCall.Type(), events.ClusterPlanCall.Type(), events.ClusterShowCall.Type(), events.NodePowerCall.Type()},
		Buckets: append(queue("provisioner_requests"), "provisioner_begun"), Duties: []string{"provisioner"},
	}
}

func webhook() User {
	return User{
		Name: "webhook", About: "what CI has built, and the pages", Serves: true,
		Publishes: []string{events.BuildSucceededTopic.Type()},
	}
}

func operator() User {
	return User{
		Name: "operator", About: "commands of people who may ask for everything", Watches: true, Letters: true,
		Publishes: []string{
			events.EnvironmentCreateTopic.Type(), events.EnvironmentDestroyTopic.Type(), events.RunStartTopic.Type(),
			events.ClusterCreateTopic.Type(), events.ClusterDestroyTopic.Type(),
		},
		Asks: append(reading(), changing()...),
	}
}

func people() User {
	return User{Name: "people", About: "commands that show something and change nothing", Watches: true, Asks: reading()}
}

// reading are the calls that change nothing.
func reading() []string {
	return []string{
		events.EnvironmentDiffCall.Type(), events.EnvironmentListCall.Type(), events.EnvironmentShowCall.Type(),
		events.StopStateCall.Type(), events.LedgerListCall.Type(), events.FaultKindsCall.Type(), events.FaultPlanCall.Type(), events.ArmListCall.Type(),
		events.ClusterListCall.Type(), events.ClusterPlanCall.Type(), events.ClusterShowCall.Type(),
		events.RunListCall.Type(), events.RunShowCall.Type(), events.StoreUsageCall.Type(), events.ServiceListCall.Type(),
		events.ScheduleListCall.Type(), events.ScheduleShowCall.Type(), events.PlanListCall.Type(), events.TargetExplainCall.Type(),
	}
}

// changing are the other calls.
func changing() []string {
	return []string{
		events.EnvironmentAdoptCall.Type(), events.EnvironmentExtendCall.Type(), events.RunAbortCall.Type(), events.StopCall.Type(), events.ResumeCall.Type(),
		events.ArmCall.Type(), events.DisarmCall.Type(),
		events.ScheduleApplyCall.Type(), events.ScheduleDeleteCall.Type(), events.StartVetoCall.Type(),
	}
}

// between are calls that services ask each other, and no person: what they change is in the
// ledger of whoever asks.
func between() []string { return []string{events.NodePowerCall.Type()} }

// pages are the calls of the pages, which each server shows that has a listener.
func pages() []string {
	return []string{events.RunListCall.Type(), events.RunShowCall.Type(), events.ServiceListCall.Type()}
}

// shared are the calls that each server answers. Which services run, only one says that was
// to run all of them, which has no user here.
func shared() []string { return []string{events.StoreUsageCall.Type()} }

// keeps says whether it has anything to store. Who has not makes no streams.
func (u User) keeps() bool { return len(u.Buckets) > 0 }

// queue are the buckets of a queue of package events/work.
func queue(name string) []string { return []string{name, name + "_ended"} }
