package experiments

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/events/work"
	"github.com/shakedown-dev/shakedown/experiments/record"
)

// maxRecord bounds what a record may unpack to.
const maxRecord = 16 << 20

// records keeps the record of each run, compressed.
type records struct{ objects events.Objects }

// put stores the record as it stands.
func (r records) put(ctx context.Context, rec record.Record) error {
	raw, err := pack(rec)
	if err != nil {
		return err
	}
	if err := r.objects.Put(ctx, events.Key(rec.Run), raw); err != nil {
		return fmt.Errorf("store record of run %s: %w", rec.Run, err)
	}
	return nil
}

// errUnreadable says that a record is stored that cannot be read, however often that is
// tried.
var errUnreadable = errors.New("the record cannot be read")

// raw reads the record as JSON. Errors: events.ErrNotFound, errUnreadable.
func (r records) raw(ctx context.Context, run string) (json.RawMessage, error) {
	packed, err := r.objects.Get(ctx, events.Key(run))
	if err != nil {
		return nil, fmt.Errorf("read record of run %s: %w", run, err)
	}
	z, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return nil, fmt.Errorf("unpack record of run %s: %w: %w", run, errUnreadable, err)
	}
	raw, err := io.ReadAll(io.LimitReader(z, maxRecord))
	if err = errors.Join(err, z.Close()); err != nil {
		return nil, fmt.Errorf("unpack record of run %s: %w: %w", run, errUnreadable, err)
	}
	return raw, nil
}

// get reads the record. Errors: events.ErrNotFound, errUnreadable.
func (r records) get(ctx context.Context, run string) (record.Record, error) {
	raw, err := r.raw(ctx, run)
	if err != nil {
		return record.Record{}, err
	}
	rec, err := record.Parse(raw)
	if err != nil {
		return record.Record{}, fmt.Errorf("%w: %w", errUnreadable, err)
	}
	return rec, nil
}

func (r records) delete(ctx context.Context, run string) error {
	if err := r.objects.Delete(ctx, events.Key(run)); err != nil {
		return fmt.Errorf("delete record of run %s: %w", run, err)
	}
	return nil
}

// errUnstored says that a record was not stored, however often it was tried.
var errUnstored = errors.New("the record could not be stored")

// keep stores the record, as long as the run is surely ours, and tries again for
// StoreTimeout. Errors: errUnstored; any other means that the run goes to somebody else.
func (s *Service) keep(ctx context.Context, c *work.Claim[Row], rec record.Record) error {
	bounded, cancel := context.WithTimeout(ctx, s.cfg.StoreTimeout)
	defer cancel()
	for {
		err := s.keepOnce(bounded, c, rec)
		switch {
		case err == nil || errors.Is(err, work.ErrLost) || errors.Is(err, work.ErrSuperseded):
			return err
		case ctx.Err() != nil:
			return context.Cause(ctx)
		case !events.Wait(bounded, s.cfg.Poll):
			return fmt.Errorf("%w: %w", errUnstored, err)
		}
	}
}

func (s *Service) keepOnce(ctx context.Context, c *work.Claim[Row], rec record.Record) error {
	if err := events.CheckFence(ctx); err != nil {
		return err
	}
	ctx, done := c.Deadline(ctx, s.cfg.StoreTimeout)
	defer done()
	return s.records.put(ctx, rec)
}

// pack is the record as it is stored.
func pack(rec record.Record) ([]byte, error) {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	err := json.NewEncoder(z).Encode(rec)
	if err = errors.Join(err, z.Close()); err != nil {
		return nil, fmt.Errorf("encode record of run %s: %w", rec.Run, err)
	}
	return b.Bytes(), nil
}
