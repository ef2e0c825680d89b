package redis

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/shakedown-dev/shakedown/datamove"
)

// ends are two servers between which everything is possible.
func ends() facts {
	return facts{
		from:    server{product: "Redis", version: "7.0.15", runID: "a", replID: "x", used: 10 << 20},
		to:      server{product: "Redis", version: "7.0.15", runID: "b", replID: "y", policy: "noeviction"},
		fromURL: "redis://a:6379", toURL: "redis://b:6379", pairs: [][2]int{{0, 0}}, whole: true,
		settings: datamove.Redis{Disposable: true},
	}
}

func TestDecide(t *testing.T) {
	for _, tc := range []struct {
		name    string
		change  func(*facts)
		mode    string
		refused string
		said    string
	}{
		{"all is possible", func(*facts) {}, modeReplicaof, "", ""},
		{"not disposable", func(f *facts) { f.settings.Disposable = false }, modeScan, "", ""},
		{"asked for scan", func(f *facts) { f.settings.Mode = modeScan }, modeScan, "", ""},
		{"masked", func(f *facts) { f.masked = true }, modeScan, "", "unmasked for a while"},
		{"masked, by replication", func(f *facts) { f.masked, f.settings.Mode = true, modeReplicaof }, modeReplicaof, "mode", "unmasked"},
		{"throttled", func(f *facts) { f.throttled = true }, modeScan, "", "no bound"},
		{"a part of it", func(f *facts) { f.whole = false }, modeScan, "", "all keys"},
		{"TLS", func(f *facts) { f.tls = true }, modeScan, "", "TLS"},
		{"other clock", func(f *facts) { f.clock = time.Second }, modeScan, "", "clocks differ"},
		{"newer source", func(f *facts) { f.from.version = "7.2.0" }, modeScan, "", "is newer than the target"},
		{"a login of its own", func(f *facts) { f.replicaLogin = "has a login" }, modeScan, "", "has a login"},
		{"keys of other databases", func(f *facts) { f.to.keys = map[int]int64{9: 1} }, modeScan, "", "would remove"},
		{"resumed", func(f *facts) { f.to.keys, f.before = map[int]int64{9: 1}, before{modeReplicaof, true} }, modeReplicaof, "", ""},
		{"resumed before it was attached", func(f *facts) { f.to.keys, f.before = map[int]int64{9: 1}, before{modeReplicaof, false} }, modeScan, "", "would remove"},
		{"resumed by scan", func(f *facts) { f.to.keys, f.before = map[int]int64{9: 1}, before{modeScan, false} }, modeScan, "", "began by SCAN"},
		{"cluster", func(f *facts) { f.to.cluster = true }, modeScan, "", "cluster"},
		{"same server", func(f *facts) { f.to.runID = "a" }, modeReplicaof, "same-server", "both ends are the same server"},
		{"same server, other database", func(f *facts) { f.to.runID, f.pairs, f.whole = "a", [][2]int{{0, 1}}, false }, modeScan, "", "databases of the same server"},
		{"source follows the target", func(f *facts) { f.from.replica, f.to.replID = true, "x" }, modeReplicaof, "same-server", "hold the same data"},
		{"replica", func(f *facts) { f.to.replica, f.to.master = true, "c:1" }, modeReplicaof, "replica", "replica of c:1"},
		{"loading", func(f *facts) { f.to.loading = true }, modeReplicaof, "loading", "still loading"},
		{"too old", func(f *facts) { f.to.version = "4.0.1" }, modeScan, "version", "ABSTTL"},
		{"no room", func(f *facts) { f.to.maxMemory = 1 << 20 }, modeReplicaof, "memory", "about 10 MiB"},
		{"evicts", func(f *facts) { f.to.maxMemory, f.to.policy = 1<<30, "allkeys-lru" }, modeReplicaof, "", "evicts keys"},
		{"not empty", func(f *facts) { f.existingKeys, f.exampleKey = 3, "k" }, modeReplicaof, "not-empty", `such as "k"`},
		{"not empty, replaced", func(f *facts) { f.existingKeys, f.existing = 3, datamove.ExistingReplace }, modeReplicaof, "", "that the copy would meet"},
		{"other functions", func(f *facts) {
			f.functions = functions{copy: true, from: map[string]string{"l": "1"}, to: map[string]string{"l": "2"}}
		}, modeScan, "not-empty", "another library"},
		{"big key", func(f *facts) { f.big = []bigKey{{"k", 64 << 20}} }, modeReplicaof, "", "64 MiB"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			f := ends()
			tc.change(&f)
			mode, findings := decide(f)
			var refused, said []string
			for _, x := range findings {
				said = append(said, x.Message)
				if x.Severity == datamove.Refusal {
					refused = append(refused, x.Check)
				}
			}
			if mode != tc.mode || strings.Join(refused, ",") != tc.refused || !strings.Contains(strings.Join(said, "\n"), tc.said) {
				t.Errorf("mode %s, refused %q, said %q", mode, refused, said)
			}
		})
	}
}

func TestParseServer(t *testing.T) {
	got := parseServer("# Server\r\nredis_version:7.0.15\r\nrun_id:abc\r\nrole:slave\r\nmaster_host:h\r\nmaster_port:1\r\nslave_repl_offset:5\r\n" +
		"maxmemory:7\r\nused_memory_dataset:9\r\nconnected_clients:2\r\ndb0:keys=3,expires=1\r\ndb12:keys=4\r\ndbx:keys=1\r\n")
	want := server{
		product: "Redis", version: "7.0.15", runID: "abc", replica: true, master: "h:1", offset: 5, maxMemory: 7, used: 9, clients: 2,
		keys: map[int]int64{0: 3, 12: 4},
	}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(server{})); diff != "" {
		t.Error(diff)
	}
}

// TestServerThatSaysNothing: what INFO leaves out is unknown and no good news.
func TestServerThatSaysNothing(t *testing.T) {
	silent := &end{server: parseServer("redis_version:7.0.15\r\n")}
	if s := silent.report(); s.Connections != -1 || s.Fingerprint != "" {
		t.Errorf("report %+v", s)
	}
	known := &end{server: parseServer("run_id:abc\r\nconnected_clients:3\r\n")}
	if s := known.report(); s.Connections != 2 || s.Fingerprint != "redis:abc" {
		t.Errorf("report %+v", s)
	}
	if n := allOf([]int{2, 0, 3}); n != 0 {
		t.Errorf("a cluster with a silent node has %d clients", n)
	}
	if n := allOf([]int{2, 3}); n != 5 {
		t.Errorf("a cluster has %d clients, want 5", n)
	}
}

// TestDatabasesBesideTheURL: the guards judge the URL of the target, so nothing is
// written beside it.
func TestDatabasesBesideTheURL(t *testing.T) {
	for _, tc := range []struct {
		path    string
		numbers []int
		good    bool
	}{
		{"0", []int{0, 5}, false},
		{"0", []int{0}, true},
		{"", []int{0, 5}, true},
	} {
		r := New().newRun(datamove.Job{Store: datamove.Store{Redis: datamove.Redis{Databases: tc.numbers}}}, nil)
		r.from = &end{name: "source", bases: map[int]*base{}}
		r.to = &end{name: "target", address: datamove.Address{Path: tc.path}, bases: map[int]*base{}}
		pairs, err := r.choose()
		if (err == nil) != tc.good || tc.good && len(pairs) != len(tc.numbers) {
			t.Errorf("database %q in the URL, %v in the document: %d pairs, %v", tc.path, tc.numbers, len(pairs), err)
		}
		r.close()
	}
}

func FuzzParseServer(f *testing.F) {
	f.Add("redis_version:7.0.15\r\ndb0:keys=3")
	f.Fuzz(func(_ *testing.T, text string) {
		s := parseServer(text)
		_, _ = s.atLeast(7, 0), s.total()
	})
}

func TestAtLeast(t *testing.T) {
	for _, tc := range []struct {
		s            server
		major, minor int
		want         bool
	}{
		{server{version: "7.0.15"}, 7, 0, true},
		{server{version: "7.0.15"}, 7, 4, false},
		{server{version: "6.2.1"}, 7, 0, false},
		{server{version: "10.0.0"}, 7, 4, true},
		{server{version: ""}, 1, 0, false},
		{server{product: "Valkey", version: "8.1.0"}, 7, 2, true},
		{server{product: "Valkey", version: "8.1.0"}, 7, 4, false},
	} {
		if got := tc.s.atLeast(tc.major, tc.minor); got != tc.want {
			t.Errorf("%+v at least %d.%d is %t", tc.s.version, tc.major, tc.minor, got)
		}
	}
}

func TestFieldsMayExpire(t *testing.T) {
	for s, want := range map[[2]string]bool{
		{"Redis", "7.2.5"}: false, {"Redis", "7.4.1"}: true, {"Redis", "8.0.0"}: true, {"Valkey", "8.1.0"}: false, {"Valkey", "9.0.0"}: true,
	} {
		if got := (server{product: s[0], version: s[1]}).expiresFields(); got != want {
			t.Errorf("%v: %t", s, got)
		}
	}
}

// Names with which the sums are the same are the same names.
func TestNames(t *testing.T) {
	for _, tc := range []struct {
		from, to []string
		want     bool
	}{
		{nil, nil, true},
		{[]string{"a", "b"}, []string{"b", "a"}, true},
		{[]string{"a"}, []string{"b"}, false},
		{[]string{"a", "a", "b"}, []string{"a", "b", "b"}, false},
		{[]string{""}, nil, false},
	} {
		n := newNames()
		n.add(source, tc.from)
		for _, k := range tc.to {
			n.add(target, []string{k})
		}
		if n.same() != tc.want {
			t.Errorf("%q and %q: %t", tc.from, tc.to, n.same())
		}
	}
}

// What is remembered of keys that differ is bounded, however long their names are.
func TestSuspectsAreBounded(t *testing.T) {
	var all suspects
	name := strings.Repeat("x", 1<<20)
	for range 100 {
		all.add(suspect{name, missing, ""})
	}
	if len(all.list) > 32 || int64(len(all.list))+all.more != 100 {
		t.Errorf("%d are kept, %d counted", len(all.list), all.more)
	}
}

func TestOffset(t *testing.T) {
	began := time.Date(2026, 11, 21, 15, 0, 0, 0, time.UTC)
	ms := func(n int) time.Time { return began.Add(time.Duration(n) * time.Millisecond) }
	// Both answers take 2 ms; the source is asked at 1, the target at 3, and is 50 ahead.
	if got := offset(began, ms(2), ms(4), ms(1), ms(53)); got != 50*time.Millisecond {
		t.Errorf("the offset is %s", got)
	}
}
