package cli

import (
	"log/slog"

	"github.com/shakedown-dev/shakedown/cmd/internal/app"
)

// clusters are the clusters of this machine.
func (f *factory) clusters() (app.Clusters, error) {
	return app.NewClusters(app.ClusterOptions{
		DataDir: f.data(), CacheDir: f.cache(), Environ: f.Environ, Now: f.Now, Log: f.quietLogger(),
	})
}

// quietLogger logs what drivers do only with -v, since steps are shown as well.
func (f *factory) quietLogger() *slog.Logger {
	if f.verbose {
		return f.logger()
	}
	return slog.New(slog.DiscardHandler)
}
