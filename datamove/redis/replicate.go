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
		if cut(err) {
			return "", r.to.fault("read the settings of replication", err)
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
	r.step("replicate")
	have, err := r.to.first.ConfigGet(ctx, "masterauth").Result()
	if err != nil {
		return r.to.fault("read the settings of replication", err)
	}
	// A login of a target that follows already is one that a killed copy has left.
	attach := line{Step: stepAttach, Login: r.job.From.Secret != "" && (have["masterauth"] == "" || r.to.server.replica)}
	if load, err := r.to.first.ConfigGet(ctx, diskless).Result(); err == nil && load[diskless] == "disabled" {
		attach.Load = load[diskless]
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
	r.checkpoint("detached")
	if err := errors.Join(err, j.did(line{Step: stepDetached})); err != nil {
		return err
	}
	r.replicated = true
	return r.cutAt(ctx, &part.Cut)
}

// cutAt writes down where in the history of the source the target was detached:
// what came in until then is in the copy as well.
func (r *run) cutAt(ctx context.Context, cut *datamove.Cut) error {
	to, err := r.to.replication(ctx)
	if err == nil && to.replID2 != "" && to.detachedAt > 0 {
		cut.Position = fmt.Sprintf("%s:%d", to.replID2, to.detachedAt-1)
	}
	return r.to.fault("ask where it was detached", err)
}

func (r *run) follow(ctx context.Context, attach line, part *datamove.Part) error {
	if attach.Load != "" {
		// Without the right to set it, replication is only slower.
		if err := r.to.first.ConfigSet(ctx, diskless, disklessWhenEmpty).Err(); cut(err) {
			return r.to.fault("set "+diskless, err)
		}
	}
	if attach.Login {
		if err := r.setLogin(ctx, r.from.address.User, r.job.From.Secret); err != nil {
			return err
		}
	}
	host, port, err := net.SplitHostPort(r.from.address.Hosts[0])
	if err != nil {
		return fmt.Errorf("read the address of the source: %w", err)
	}
	if err := r.to.first.Do(ctx, "replicaof", host, port).Err(); err != nil {
		if strings.HasPrefix(err.Error(), "NOPERM") {
			return errNotAllowed
		}
		return r.to.fault("make it a replica (REPLICAOF)", err)
	}
	r.checkpoint("attached")
	at, err := r.awaitSync(ctx)
	if err != nil {
		return err
	}
	r.checkpoint("synced")
	part.Cut = datamove.Cut{Method: modeReplicaof, Consistent: true, Time: at.at.UTC(), Position: at.position}
	for _, p := range r.pairs {
		p.copied.Store(r.from.server.keys[p.from.number])
	}
	return nil
}

// moment is what the source was when the target had reached it.
type moment struct {
	at       time.Time
	position string
}

// awaitSync waits until the target has what the source had when the link was up.
// Standing still for too long, with no byte more, is an error.
func (r *run) awaitSync(ctx context.Context) (moment, error) {
	moved, seen := r.job.Now(), server{}
	asked := moved
	var want server
	for {
		to, err := r.to.replication(ctx)
		loading := isLoading(err)
		if err != nil && !loading {
			return moment{}, r.to.fault("wait for replication", err)
		}
		// A source that was started again has another history.
		if to.linkUp && want.replID != to.replID {
			if want, err = r.from.replication(ctx); err != nil {
				return moment{}, r.from.fault("ask for its offset", err)
			}
		}
		if reached(to, want) {
			at, err := r.from.first.Time(ctx).Result()
			return moment{at, fmt.Sprintf("%s:%d", want.replID, want.offset)}, r.from.fault("ask for the time", err)
		}
		if loading || moves(seen, to) {
			moved, seen = r.job.Now(), to
			r.count("all", 0, r.from.server.total(), 0)
		}
		if err := r.alive(ctx, &asked); err != nil {
			return moment{}, err
		}
		if r.job.Now().Sub(moved) > r.adapter.stall {
			return moment{}, r.standsStill()
		}
		if err := pace.Wait(ctx, replicaPoll); err != nil {
			return moment{}, err
		}
	}
}

// alive asks the source now and then whether it is there: the target does not tell
// when it is gone, and would try again for as long as it is let.
func (r *run) alive(ctx context.Context, asked *time.Time) error {
	now := r.job.Now()
	if now.Sub(*asked) < alivePoll {
		return nil
	}
	*asked = now
	if err := r.from.first.Ping(ctx).Err(); cut(err) {
		return r.from.fault("see whether it is still there", err)
	}
	return nil
}

// reached says whether the target has all that is wanted, once that is known.
func reached(to, want server) bool {
	return to.linkUp && !to.syncing && want.replID != "" && to.replID == want.replID && to.offset >= want.offset
}

// moves says whether a replica has come further.
func moves(before, now server) bool {
	return now.linkUp != before.linkUp || now.syncing != before.syncing || now.offset != before.offset || now.syncRead != before.syncRead
}

func (r *run) standsStill() error {
	return events.Errorf(events.KindUnavailable,
		"see that the target can reach the source at that address and that its user may run PSYNC and REPLCONF; or set redis.mode to scan",
		"replication from %s to %s stands still since %s", r.from.access, r.to.access, r.adapter.stall)
}

func isLoading(err error) bool { return err != nil && strings.HasPrefix(err.Error(), "LOADING") }

// replication is what a server says of it.
func (s *side) replication(ctx context.Context) (server, error) {
	info, err := s.first.Info(ctx, "replication").Result()
	return parseServer(info), err
}

// detach makes the target a master again and gives it back its settings. It may be
// done twice.
func (r *run) detach(ctx context.Context, attach line) error {
	if err := r.to.first.Do(ctx, "replicaof", "no", "one").Err(); err != nil && !strings.HasPrefix(err.Error(), "NOPERM") {
		return r.to.fault("detach it from the source (REPLICAOF NO ONE)", err)
	}
	if attach.Load != "" {
		if err := r.to.first.ConfigSet(ctx, diskless, attach.Load).Err(); err != nil && !strings.HasPrefix(err.Error(), "NOPERM") {
			return r.to.fault("set back "+diskless, err)
		}
	}
	if attach.Login {
		return r.setLogin(ctx, "", "")
	}
	return nil
}

func (r *run) setLogin(ctx context.Context, user, secret string) error {
	if err := r.to.first.ConfigSet(ctx, "masteruser", user).Err(); err != nil {
		return r.to.fault("set the login for the source (CONFIG SET masteruser)", err)
	}
	err := r.to.first.ConfigSet(ctx, "masterauth", secret).Err()
	return r.to.fault("set the login for the source (CONFIG SET masterauth)", err)
}

// release detaches a target that an earlier try of this run, which was killed, has
// left as a replica of the source.
func (r *run) release(ctx context.Context, past []line) error {
	l := attached(past)
	if l == nil {
		return nil
	}
	if r.to.server.replica && r.to.server.master != r.from.address.Hosts[0] {
		return nil // somebody else's: the look refuses it
	}
	r.step("detach")
	if err := r.detach(ctx, *l); err != nil {
		return err
	}
	j, err := startJournal(r.job.StateDir, false, past, r.job.Now)
	if err != nil {
		return err
	}
	if err := errors.Join(j.did(line{Step: stepDetached}), j.close()); err != nil {
		return err
	}
	info, err := r.to.first.Info(ctx).Result()
	r.to.server = parseServer(info)
	return r.to.fault("ask what it is", err)
}
