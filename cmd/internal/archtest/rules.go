package archtest

import (
	"slices"
	"strings"
)

// rule allows imports to the packages that its pattern names. Patterns are paths below
// the module: "a/b" is that package, "a/..." is a and everything below it, "*" stands
// for one path segment. The first rule that fits a package decides.
type rule struct {
	packages string
	// own are the packages of this module, sdk the modules of others.
	own, sdk []string
	// test are what the tests of these packages may import beside that.
	testOwn, testSDK []string
	// why is said when an arrow is refused.
	why string
}

// rules is the table. A new adapter with a third-party SDK gets a row of its own,
// above the general row of its service.
func rules() []rule {
	return slices.Concat(leaves(), adapters(), general())
}

// leaves are the pure parts of services: they import events and the leaves below them,
// and their service imports them.
func leaves() []rule {
	const leaf = "a pure leaf imports events and the leaves below it"
	dates := []string{"chaos/monkey/wall/walltest"}
	return []rule{
		{packages: "dns/name", sdk: []string{"golang.org/x/net"}, why: "names need the tables of international ones and nothing else"},
		{packages: "dns", own: []string{"events", "dns/name"}, why: "a service imports events and its own leaves"},
		{packages: "chaos/monkey/wall", testOwn: dates, why: "clocks need the zone data of the standard library only"},
		{packages: "chaos/monkey/wall/walltest", own: []string{"chaos/monkey/wall"}, why: "a test helper imports what it tests"},
		{packages: "chaos/monkey/cron", own: []string{"chaos/monkey/wall"}, sdk: []string{"github.com/netresearch/go-cron"}, testOwn: dates, why: "expressions need one library and the clocks of zones"},
		{packages: "chaos/monkey/calendar", own: []string{"chaos/monkey/wall"}, sdk: []string{"github.com/emersion/go-ical", "github.com/teambition/rrule-go"}, testOwn: dates, why: "calendars need a reader of them and one of their rules"},
		{packages: "chaos/monkey/spec", own: []string{"events", "chaos/monkey/cron", "chaos/monkey/wall"}, why: leaf},
		{packages: "chaos/monkey/plan", own: []string{"events", "chaos/monkey/cron", "chaos/monkey/spec", "chaos/monkey/wall"}, testOwn: dates, why: leaf},
		{packages: "chaos/monkey/feed", own: []string{"chaos/monkey/calendar", "chaos/monkey/plan", "chaos/monkey/spec", "chaos/monkey/wall"}, why: leaf},
		{packages: "chaos/monkey/migrate", own: []string{"events", "chaos/monkey/spec"}, sdk: []string{"github.com/pelletier/go-toml", "go.yaml.in/yaml"}, why: "it reads the files of other tools and makes documents"},
		{packages: "chaos/notify", own: []string{"events", "events/work"}, sdk: []string{"github.com/prometheus/client_golang"}, why: "messages follow from events"},
		{packages: "chaos/monkey", own: []string{"events", "events/work", "chaos/monkey/..."}, sdk: []string{"github.com/prometheus/client_golang"}, why: "schedules speak to chaos and experiments through events"},
		{packages: "experiments/spec", own: []string{"events"}, why: leaf},
		{packages: "experiments/record", own: []string{"events", "experiments/spec"}, why: leaf},
		{packages: "experiments/verdict", own: []string{"events", "experiments/record", "experiments/spec"}, why: leaf},
		{packages: "experiments/probe", own: []string{"events", "experiments/record", "experiments/spec"}, why: leaf},
		{packages: "experiments/audit", own: []string{"events", "experiments/probe", "experiments/record", "experiments/spec", "experiments/verdict"}, why: leaf},
		{packages: "experiments/probe/probetest", own: []string{"experiments/probe", "experiments/record", "experiments/spec"}, sdk: []string{"github.com/google/go-cmp"}, why: "a test helper imports what it tests"},
		{packages: "experiments/experimentstest", own: []string{"events", "experiments", "experiments/record", "experiments/spec", "experiments/verdict"}, why: "it fills stores for tests and nothing else"},
		{packages: "experiments/report", own: []string{"events", "experiments/record", "experiments/spec", "internal/html", "internal/lists"}, why: "a report renders the record and nothing else"},
		{
			packages: "experiments", own: []string{"events", "events/work", "experiments/probe", "experiments/record", "experiments/spec", "experiments/verdict"},
			sdk: []string{"github.com/prometheus/client_golang"}, testOwn: []string{"experiments/audit", "experiments/experimentstest"}, why: "a service imports events and its own leaves",
		},
	}
}

// adapters are packages below a service that may use one SDK, or a sibling.
func adapters() []rule {
	const oneSDK = "an adapter imports its own service, events and one SDK"
	kubernetes := []string{"k8s.io", "sigs.k8s.io"}
	// What the adapters of datamove share: leaves of their service.
	store := []string{"events", "<service>", "datamove/checksum", "datamove/journal", "datamove/outcome", "datamove/pace", "datamove/sample", "datamove/trust"}
	// What a kind of probes imports of its service.
	probe := []string{"events", "experiments/probe", "experiments/record", "experiments/spec"}
	return []rule{
		{packages: "events/natsbus/...", own: []string{"events/..."}, sdk: []string{"github.com/nats-io"}, why: oneSDK},
		{packages: "experiments/prom", own: probe, sdk: []string{"github.com/prometheus"}, testOwn: []string{"experiments/probe/probetest"}, why: oneSDK},
		{packages: "experiments/wire", own: probe, testOwn: []string{"experiments/probe/probetest"}, why: "it asks services with the standard library"},
		{packages: "experiments/kube", own: append(slices.Clone(probe), "internal/kube"), sdk: kubernetes, testOwn: []string{"experiments/probe/probetest"}, why: oneSDK},
		{packages: "datamove/mysql/syntax", why: "reading SQL text needs nothing"},
		{packages: "datamove/mysql/wire", sdk: []string{"github.com/go-sql-driver/mysql"}, why: oneSDK},
		{packages: "datamove/mysql", own: slices.Concat(store, []string{"datamove/mysql/syntax", "datamove/mysql/wire"}), sdk: []string{"github.com/go-sql-driver/mysql"}, testOwn: []string{"datamove/..."}, why: oneSDK},
		{packages: "datamove/redis", own: store, sdk: []string{"github.com/redis/go-redis"}, testOwn: []string{"datamove/..."}, why: oneSDK},
		{packages: "datamove/s3", own: store, sdk: []string{"github.com/aws"}, testOwn: []string{"datamove/..."}, why: oneSDK},
		{packages: "dns/route53", own: []string{"events", "<service>", "dns/name"}, sdk: []string{"github.com/aws"}, why: oneSDK},
		{packages: "provisioner/image", own: []string{"events"}, sdk: []string{"github.com/google/go-containerregistry"}, why: oneSDK},
		{packages: "<service>/<service>test", own: []string{"events/...", "<service>/..."}, sdk: []string{"github.com/google/go-cmp"}, why: "a test helper imports what it tests"},
		{packages: "internal/sandboxtest", own: []string{"events", "provisioner/...", "sandbox"}, why: "it gives tests a cluster and nothing else"},
		{packages: "internal/storetest", own: []string{"internal/sandboxtest", "provisioner/...", "sandbox"}, sdk: []string{"github.com/go-sql-driver/mysql"}, why: "it gives tests stores and nothing else"},
		{packages: "internal/kube", own: []string{"events"}, sdk: kubernetes, why: "it sets up client-go and knows no service"},
		{packages: "provisioner/existing", own: []string{"events", "internal/kube", "<service>"}, sdk: kubernetes, why: oneSDK},
		{packages: "provisioner/sandbox", own: []string{"events", "<service>"}, testOwn: []string{"provisioner/sandbox/build", "sandbox"}, why: oneSDK},
		{packages: "provisioner/sandbox/build", own: []string{"events", "<service>"}, testOwn: []string{"provisioner/sandbox", "sandbox"}, why: oneSDK},
		{packages: "sandbox/...", own: []string{"sandbox/..."}, why: "what a sandbox runs knows nothing of the product"},
		{packages: "chaos/kube", own: []string{"events", "internal/kube", "<service>", "chaos/node", "chaos/pod"}, sdk: kubernetes, why: oneSDK},
		{packages: "chaos/node", own: []string{"events", "<service>", "chaos/pod"}, why: "the faults of nodes read pods in the words of those of pods, and need no SDK"},
		{packages: "*/kube", own: []string{"events", "internal/kube", "<service>"}, sdk: kubernetes, why: oneSDK},
		{packages: "envs/logs/kube", own: []string{"events", "internal/kube", "<service>", "envs/logs"}, sdk: kubernetes, why: oneSDK},
	}
}

// general are the rows by layer.
func general() []rule {
	metrics := []string{"github.com/prometheus/client_golang"}
	const service = "services speak through events and never import each other"
	return []rule{
		{packages: "events", why: "the vocabulary imports the standard library only"},
		{packages: "events/work", own: []string{"events"}, why: "the queue stands on the ports of events and on no server"},
		{packages: "events/*", own: []string{"events/..."}, sdk: metrics, why: "what is below events imports events"},
		{packages: "datamove/report", own: []string{"events", "datamove", "internal/html"}, why: "a report renders the record and nothing else"},
		{packages: "deploy/nats", own: []string{"events"}, why: "what a team installs is made of the names of events and of no server"},
		{packages: "internal/html", why: "the page kit needs the standard library only"},
		{packages: "internal/lists", why: "lists are the business of the standard library only"},
		{packages: "internal/golden", sdk: []string{"github.com/google/go-cmp"}, why: "golden is for tests"},
		{packages: "internal/certtest", why: "it is for tests"},
		{packages: "internal/timebound", why: "it is for tests"},
		{packages: "cmd/internal/...", own: []string{"..."}, sdk: []string{"*"}, why: "the composition root imports what it composes, and no test helper"},
		{packages: "cmd/*", own: []string{"cmd/internal/..."}, why: "main translates and leaves the rest to cmd/internal"},
		{packages: "*", own: []string{"events", "events/work"}, sdk: metrics, why: service},
		{packages: "*/...", own: []string{"events", "<service>"}, sdk: metrics, why: service},
	}
}

// forTests are what every test may import: doubles and the real bus.
func forTests() rule {
	return rule{
		own: []string{"events/...", "internal/certtest", "internal/golden", "internal/sandboxtest", "internal/storetest", "internal/timebound", "<service>", "<service>/<service>test"},
		sdk: []string{"github.com/google/go-cmp", "go.uber.org/goleak"},
	}
}

// isForTests says whether a package may be imported by tests only, and by other such
// packages: the helpers of this module, and what a service offers to tests.
func isForTests(path string) bool {
	helpers := []string{"chaos/monkey/wall/walltest", "experiments/probe/probetest", "internal/certtest", "internal/golden", "events/natsbus/natsbustest", "internal/sandboxtest", "internal/storetest", "internal/timebound"}
	return slices.Contains(helpers, path) || path == service(path)+"/"+service(path)+"test"
}

// allows says whether a package may import the target, which is a path below the
// module or the path of somebody else's package.
func (r rule) allows(importer, target string, foreign bool) bool {
	list := r.own
	if foreign {
		list = r.sdk
	}
	return slices.ContainsFunc(list, func(pattern string) bool {
		pattern = strings.ReplaceAll(pattern, "<service>", service(importer))
		return foreign && below(target, pattern) || !foreign && fits(target, pattern)
	})
}

// withTests is the rule for the tests of the same packages.
func (r rule) withTests() rule {
	extra := forTests()
	r.own = slices.Concat(r.own, r.testOwn, extra.own)
	r.sdk = slices.Concat(r.sdk, r.testSDK, extra.sdk)
	return r
}

// service is the first segment of a path.
func service(path string) string {
	first, _, _ := strings.Cut(path, "/")
	return first
}

// below says whether a foreign import path belongs to the module or organisation.
func below(path, prefix string) bool {
	return prefix == "*" || path == prefix || strings.HasPrefix(path, prefix+"/")
}

// fits says whether a path below the module matches the pattern.
func fits(path, pattern string) bool {
	pattern = strings.ReplaceAll(pattern, "<service>", service(path))
	if pattern == "..." {
		return true
	}
	head, open := strings.CutSuffix(pattern, "/...")
	want, got := strings.Split(head, "/"), strings.Split(path, "/")
	if len(got) < len(want) || len(got) > len(want) && !open {
		return false
	}
	for i := range want {
		if want[i] != "*" && want[i] != got[i] {
			return false
		}
	}
	return true
}
