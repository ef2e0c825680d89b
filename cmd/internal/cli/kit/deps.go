package kit

import (
	"log/slog"
	"path/filepath"

	"github.com/shakedown-dev/shakedown/cmd/internal/app"
	"github.com/shakedown-dev/shakedown/events"
)

// Deps are what every command is made with: the world and the flags that all
// commands have.
type Deps struct {
	World
	// Output is the format of the result: table, json or yaml.
	Output string
	// DataFolder is the value of --data-dir; Data is the folder that it means.
	DataFolder string
	// Verbose shows more on stderr.
	Verbose bool

	configFile string
}

// Stamp makes the times and ids of what commands publish and ask.
func (d *Deps) Stamp() events.Stamp {
	return events.Stamp{Source: "cli", Now: d.Now, NewID: d.NewID}
}

// Data is the folder in which state lives.
func (d *Deps) Data() string {
	if d.DataFolder != "" {
		return d.DataFolder
	}
	if dir := d.Env("SHAKEDOWN_DATA_DIR"); dir != "" {
		return dir
	}
	if dir := d.Env("XDG_DATA_HOME"); dir != "" {
		return filepath.Join(dir, "shakedown")
	}
	return filepath.Join(d.Env("HOME"), ".local", "share", "shakedown")
}

// Cache is the folder of what can be made again.
func (d *Deps) Cache() string {
	if dir := d.Env("XDG_CACHE_HOME"); dir != "" {
		return filepath.Join(dir, "shakedown")
	}
	return filepath.Join(d.Env("HOME"), ".cache", "shakedown")
}

// Log writes to stderr: text for people, JSON with -o json.
func (d *Deps) Log() *slog.Logger {
	options := &slog.HandlerOptions{Level: slog.LevelInfo}
	if d.Verbose {
		options.Level = slog.LevelDebug
	}
	if d.Output == "json" {
		return slog.New(slog.NewJSONHandler(d.Err, options))
	}
	return slog.New(slog.NewTextHandler(d.Err, options))
}

// QuietLog is the log of what shows its steps anyway: it is silent without -v.
func (d *Deps) QuietLog() *slog.Logger {
	if d.Verbose {
		return d.Log()
	}
	return slog.New(slog.DiscardHandler)
}

// AppOptions adds to what flags said what the world gives.
func (d *Deps) AppOptions(o app.Options) app.Options {
	o.Version, o.DataDir, o.CacheDir = Build().Version, d.Data(), d.Cache()
	o.Env, o.Environ, o.Log, o.Now, o.NewID = d.Env, d.Environ, d.Log(), d.Now, d.NewID
	return o
}

// Clusters are the clusters of this machine.
func (d *Deps) Clusters() (app.Clusters, error) {
	return app.NewClusters(app.ClusterOptions{
		DataDir: d.Data(), CacheDir: d.Cache(), Environ: d.Environ, Now: d.Now, Log: d.QuietLog(),
	})
}
