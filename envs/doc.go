// Package envs owns environments: a namespace with a team's components in it,
// built from an Environment document, waited for until it is Ready, and removed
// again without a trace.
//
// # Events
//
// In: ci.build.succeeded (a template plus image versions becomes a create),
// environment.create, environment.destroy; copy.finished and copy.refused of the
// copy that fills an environment. Out: environment.progressed,
// environment.provisioned, environment.ready, environment.failed,
// environment.rejected, environment.expiring, environment.destroyed. Calls answered:
// environment.adopt, environment.diff, environment.extend, environment.list,
// environment.show. Calls asked: run.list, run.abort.
//
// # Invariants
//
//  1. We change and delete only what carries our labels, that of our installation
//     among them: all servers and commands that share a store are one, and two that
//     share a cluster are two owners. A namespace of someone else is refused before
//     anything is changed; an object of someone else in our namespace is never
//     changed, and refused when its name is needed, or when the environment is to be
//     destroyed and nobody said that it may go, too. What an earlier version has made
//     names no installation and is nobody's: it is listed as unadopted, runs on, and is
//     neither changed nor destroyed, also when its time is over, until environment.adopt
//     makes it that of an installation. The same call takes what belongs to an
//     installation that is gone, when that one is named.
//  2. What an environment consists of is the cluster's alone: its document is an
//     annotation of the namespace, its components are Deployments and pods. The queue of
//     requests says what is asked for and how the last request ended; the phase is made
//     of both. What is remembered of ended requests also says which environments there
//     were, so that one that somebody else deletes is missed.
//  3. An environment that CI has asked for belongs to the project; one without a
//     project was made by hand. A build of another project changes neither it nor the
//     requests for it, nor does it use a template of others. A person may change all.
//  4. The latest request for a name wins; an older one that is at work is
//     cancelled, one that arrives late is ignored, and one that nobody took for
//     Config.MaxAge is rejected. One name is worked on by one server at a time.
//  5. A request is recorded before its event is acknowledged, so a server that is
//     killed takes it up again. Each request has one outcome, however often its
//     event is delivered; one that was rejected stays so.
//  6. Ready is said when every Deployment runs what was asked for, all of its
//     replicas have been Ready for their minReadySeconds, and no pod of an older
//     version is left. A component without a readiness probe is Ready as soon as it
//     runs, so it has a time of its own if the document names none.
//     environment.provisioned comes first, once for each request. It asks for the
//     copy that fills an environment with a seed; ready waits for that to end as
//     equal, and for the components to be ready still.
//  7. Destroyed is said when the namespace is seen gone, also when somebody else has
//     deleted it. Finalizers are never stripped; what holds a namespace is named
//     instead.
//  8. While runs of experiments break an environment, or wait to, requests for it
//     wait, and a destroy by hand is refused unless it is forced. A deploy whose document
//     says so asks that they abort, and waits for that.
//
// The package does not know the Kubernetes API: it speaks through the port
// Cluster, which envs/kube implements.
package envs
