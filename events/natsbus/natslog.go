package natsbus

import (
	"fmt"
	"log/slog"

	"github.com/nats-io/nats-server/v2/server"
)

// natsLog hands the server's lines to slog. The server says little that users
// want to see, so its notices are debug lines here.
type natsLog struct {
	log   *slog.Logger
	fatal chan<- string
}

var _ server.Logger = (*natsLog)(nil)

func (l *natsLog) Noticef(format string, v ...any) { l.say(l.log.Debug, format, v) }
func (l *natsLog) Warnf(format string, v ...any)   { l.say(l.log.Warn, format, v) }
func (l *natsLog) Errorf(format string, v ...any)  { l.say(l.log.Error, format, v) }
func (l *natsLog) Debugf(format string, v ...any)  { l.say(l.log.Debug, format, v) }
func (l *natsLog) Tracef(format string, v ...any)  { l.say(l.log.Debug, format, v) }

// Fatalf does not end the process: the start that is under way returns the line.
func (l *natsLog) Fatalf(format string, v ...any) {
	l.say(l.log.Error, format, v)
	select {
	case l.fatal <- fmt.Sprintf(format, v...):
	default:
	}
}

func (l *natsLog) say(to func(string, ...any), format string, v []any) {
	to("nats server", "line", fmt.Sprintf(format, v...))
}
