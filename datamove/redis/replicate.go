package redis

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"time"

	"github.com/shakedown-dev/shakedown/datamove"
	"github.com/shakedown-dev/shakedown/datamove/pace"
	"github.com/shakedown-dev/shakedown/events"
)

// errNotAllowed is returned by replicate when the target's user may not do it.
var errNotAllowed = errors.New("the target does not allow REPLICAOF")

// Limits of replication.
const (
	replicaPoll   = 20 * time.Millisecond
	alivePoll     = 500 * time.Millisecond
	detachTimeout = 30 * time.Second
)

// replicaLogin says what stops us from giving the target the login that it needs
// to follow the source: it has one of its own, which we would have to keep
// somewhere to give it back.
func (r *run) replicaLogin(ctx context.Context) (why string, err error) {
	if !r.job.Store.Redis.Disposable || r.to.server.cluster {
		return "", nil
	}
	have, err := r.to.first.ConfigGet(ctx, "master*").Result()
	if err != nil {
		if disconnected(err) {
			return "", r.to.wrap("read the settings of replication", err)
		}
		return "the target's user may not run CONFIG GET", nil
	}
	if have["masterauth"] != "" && have["masterauth"] != r.job.From.Secret || have["masteruser"] != "" && have["masteruser"] != r.from.address.User {
		return "the target has a login for another master (masterauth)", nil
	}
	return "", nil
}

// diskless lets an empty target load what it receives at once, not by way of its disk.
const diskless, disklessWhenEmpty = "repl-diskless-load", "on-empty-db"

// replicate makes the target follow the source until it has all, and detaches it.
func (r *run) replicate(ctx context.Context, j *journal, part *datamove.Part) error {
	r.observer.Step("replicate")
	attach, err := r.planAttach(ctx)
	if err != nil {
		return err
	}
	if err := j.did(attach); err != nil {
		return err
	}
	err = r.follow(ctx, attach, part)
	// Whatever happened, the target must not follow the source any longer.
	after, cancel := context.WithTimeout(context.WithoutCancel(ctx), detachTimeout)
	defer cancel()
	if detached := r.detach(after, attach); detached != nil {
		return errors.Join(err, detached)
	}
	r.observer.Reached("detached")
	if err := errors.Join(err, j.did(line{Step: stepDetached})); err != nil {
		return err
	}
	r.replicated = true
	return r.setPosition(ctx, &part.Snapshot)
}

// setPosition writes down where in the history of the source the target was detached:
// what came in until then is in the copy as well.
func (r *run) setPosition(ctx context.Context, snapshot *datamove.Snapshot) error {
	to, err := r.to.replication(ctx)
	if err == nil && to.replID2 != "" && to.detachedAt > 0 {
		snapshot.Position = fmt.Sprintf("%s:%d", to.replID2, to.detachedAt-1)
	}
	return r.to.wrap("ask where it was detached", err)
}

// planAttach is the line of the journal that says which settings replication will change.
func (r *run) planAttach(ctx context.Context) (line, error) {
	have, err := r.to.first.ConfigGet(ctx, "masterauth").Result()
	if err != nil {
		return line{}, r.to.wrap("read the settings of replication", err)
	}
	// A login of a target that follows already is one that a killed copy has left.
	attach := line{Step: stepAttach, Login: r.job.From.Secret != "" && (have["masterauth"] == "" || r.to.server.replica)}
	if load, err := r.to.first.ConfigGet(ctx, diskless).Result(); err == nil && load[diskless] == "disabled" {
		attach.Load = load[diskless]
	}
	return attach, nil
}

// setReplication changes the settings that the line of the journal names.
func (r *run) setReplication(ctx context.Context, attach line) error {
	if attach.Load != "" {
		// Without the right to set it, replication is only slower.
		if err := r.to.first.ConfigSet(ctx, diskless, disklessWhenEmpty).Err(); disconnected(err) {
			return r.to.wrap("set "+diskless, err)
		}
	}
	if attach.Login {
		return r.setLogin(ctx, r.from.address.User, r.job.From.Secret)
	}
	return nil
}

func (r *run) follow(ctx context.Context, attach line, part *datamove.Part) error {
	if err := r.setReplication(ctx, attach); err != nil {
		return err
	}
	if err := r.attach(ctx); err != nil {
		return err
	}
	r.observer.Reached("attached")
	at, err := r.awaitSync(ctx)
	if err != nil {
		return err
	}
	r.observer.Reached("synced")
	part.Snapshot = datamove.Snapshot{Method: modeReplicaof, Consistent: true, Time: at.at.UTC(), Position: at.position}
	for _, p := range r.pairs {
		p.copied.Store(r.from.server.keys[p.from.number])
	}
	return nil
}

// attach makes the target a replica of the source.
func (r *run) attach(ctx context.Context) error {
	host, port, err := net.SplitHostPort(r.from.address.Hosts[0])
	if err != nil {
		return fmt.Errorf("read the address of the source: %w", err)
	}
	err = r.to.first.Do(ctx, "replicaof", host, port).Err()
	if err != nil && strings.HasPrefix(err.Error(), "NOPERM") {
		return errNotAllowed
	}
	return r.to.wrap("make it a replica (REPLICAOF)", err)
}

// moment is what the source was when the target had reached it.
type moment struct {
	at       time.Time
	position string
}

// awaitSync waits until the target has what the source had when the link was up.
// Standing still for too long, with no byte more, is an error.
func (r *run) awaitSync(ctx context.Context) (moment, error) {
	w := syncWait{moved: r.job.Now(), asked: r.job.Now()}
	for {
		done, err := r.pollSync(ctx, &w)
		switch {
		case err != nil:
			return moment{}, err
		case done:
			at, err := r.from.time(ctx)
			return moment{at, fmt.Sprintf("%s:%d", w.want.replID, w.want.offset)}, err
		case r.job.Now().Sub(w.moved) > r.stall:
			return moment{}, r.stalled()
		}
		if err := pace.Wait(ctx, replicaPoll); err != nil {
			return moment{}, err
		}
	}
}

// syncWait is how far the wait for replication is.
type syncWait struct {
	// moved is when the target last came further, seen what it was then.
	moved time.Time
	seen  server
	// asked is when the source was last asked whether it is there.
	asked time.Time
	// want is what the source had when the link was up.
	want server
}

// pollSync asks both ends once; done says that the target has all.
func (r *run) pollSync(ctx context.Context, w *syncWait) (done bool, err error) {
	to, err := r.to.replication(ctx)
	loading := isLoading(err)
	if err != nil && !loading {
		return false, r.to.wrap("wait for replication", err)
	}
	// A source that was started again has another history.
	if to.linkUp && w.want.replID != to.replID {
		if w.want, err = r.from.replication(ctx); err != nil {
			return false, r.from.wrap("ask for its offset", err)
		}
	}
	if reached(to, w.want) {
		return true, nil
	}
	if loading || progressed(w.seen, to) {
		w.moved, w.seen = r.job.Now(), to
		r.observer.Add("all", 0, r.from.server.total(), 0)
	}
	return false, r.pingSource(ctx, &w.asked)
}

// pingSource asks the source now and then whether it is there: the target does not say
// when it is gone, and would try again for as long as it is let.
func (r *run) pingSource(ctx context.Context, asked *time.Time) error {
	now := r.job.Now()
	if now.Sub(*asked) < alivePoll {
		return nil
	}
	*asked = now
	if err := r.from.first.Ping(ctx).Err(); disconnected(err) {
		return r.from.wrap("see whether it is still there", err)
	}
	return nil
}

// reached says whether the target has all that is wanted, once that is known.
func reached(to, want server) bool {
	return to.linkUp && !to.syncing && want.replID != "" && to.replID == want.replID && to.offset >= want.offset
}

// progressed says whether a replica has come further.
func progressed(before, now server) bool {
	return now.linkUp != before.linkUp || now.syncing != before.syncing || now.offset != before.offset || now.syncRead != before.syncRead
}

func (r *run) stalled() error {
	return events.Errorf(events.KindUnavailable,
		"see that the target can reach the source at that address and that its user may run PSYNC and REPLCONF; or set redis.mode to scan",
		"replication from %s to %s stands still since %s", r.from.access, r.to.access, r.stall)
}

func isLoading(err error) bool { return err != nil && strings.HasPrefix(err.Error(), "LOADING") }

// replication is what a server says of it.
func (e *end) replication(ctx context.Context) (server, error) {
	info, err := e.first.Info(ctx, "replication").Result()
	return parseServer(info), err
}

// detach makes the target a master again and gives it back its settings. It may be
// done twice.
func (r *run) detach(ctx context.Context, attach line) error {
	if err := r.to.first.Do(ctx, "replicaof", "no", "one").Err(); err != nil && !strings.HasPrefix(err.Error(), "NOPERM") {
		return r.to.wrap("detach it from the source (REPLICAOF NO ONE)", err)
	}
	if attach.Load != "" {
		if err := r.to.first.ConfigSet(ctx, diskless, attach.Load).Err(); err != nil && !strings.HasPrefix(err.Error(), "NOPERM") {
			return r.to.wrap("set back "+diskless, err)
		}
	}
	if attach.Login {
		return r.setLogin(ctx, "", "")
	}
	return nil
}

func (r *run) setLogin(ctx context.Context, user, secret string) error {
	if err := r.to.first.ConfigSet(ctx, "masteruser", user).Err(); err != nil {
		return r.to.wrap("set the login for the source (CONFIG SET masteruser)", err)
	}
	err := r.to.first.ConfigSet(ctx, "masterauth", secret).Err()
	return r.to.wrap("set the login for the source (CONFIG SET masterauth)", err)
}

// detachLeftover detaches a target that an earlier try of this run, which was killed, has
// left as a replica of the source.
func (r *run) detachLeftover(ctx context.Context, past []line) error {
	l := attached(past)
	if l == nil {
		return nil
	}
	if r.to.server.replica && r.to.server.master != r.from.address.Hosts[0] {
		return nil // somebody else's: preflight refuses it
	}
	r.observer.Step("detach")
	if err := r.detach(ctx, *l); err != nil {
		return err
	}
	j, err := startJournal(r.job.StateDir, false, r.job.Now)
	if err != nil {
		return err
	}
	if err := errors.Join(j.did(line{Step: stepDetached}), j.close()); err != nil {
		return err
	}
	info, err := r.to.first.Info(ctx).Result()
	r.to.server = parseServer(info)
	return r.to.wrap("ask what it is", err)
}
