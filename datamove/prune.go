package datamove

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// keepEnded is how long the folder of a run stays after its end. It says that a request
// is done, so that it must stay as long as the request is remembered.
const keepEnded = 90 * 24 * time.Hour

// scratchPrefix begins the names of folders of which nothing is resumed.
const scratchPrefix = "scratch-"

// prune removes the folders of what has ended long ago, and what processes that were
// killed have left. What can be resumed stays, what another process works in, and what
// is not ours. It is no reason for the work to come not to be done.
func (c *Copier) prune() {
	entries, err := os.ReadDir(c.deps.Dir)
	if errors.Is(err, fs.ErrNotExist) {
		return
	}
	removed := 0
	for _, e := range entries {
		gone, failed := c.pruneFolder(e)
		if gone {
			removed++
		}
		err = errors.Join(err, failed)
	}
	if err != nil {
		c.deps.Log.Warn("old folders of copies cannot be removed", "error", err)
	}
	if removed > 0 {
		c.deps.Log.Info("old folders of copies were removed", "folders", removed)
	}
}

// pruneFolder removes one folder, or leaves it alone. It is asked again whether it may
// go once nobody else can begin to work in it.
func (c *Copier) pruneFolder(e fs.DirEntry) (gone bool, err error) {
	f := folder{dir: filepath.Join(c.deps.Dir, e.Name())}
	if !e.IsDir() || !c.isOld(e) || !f.isOver() || f.hold() != nil {
		return false, nil
	}
	defer f.close()
	if !f.isOver() {
		return false, nil
	}
	err = os.RemoveAll(f.dir)
	return err == nil, err
}

// isOld says whether nothing was written for long. Every file of a run is replaced as a
// whole, which shows at its folder.
func (c *Copier) isOld(e fs.DirEntry) bool {
	info, err := e.Info()
	return err == nil && c.deps.Now().Sub(info.ModTime()) > keepEnded
}

// isOver says whether nothing can be resumed of what was done in the folder.
func (f *folder) isOver() bool {
	entries, err := os.ReadDir(f.dir)
	if err != nil {
		return false
	}
	ours, others := false, false
	for _, e := range entries {
		if e.Name() == runFile {
			return f.read(runFile, &f.record) == nil && f.record.Ended
		}
		ours, others = ours || isFileOfRun(e.Name()), others || !isFileOfRun(e.Name())
	}
	return ours && !others || strings.HasPrefix(filepath.Base(f.dir), scratchPrefix)
}

// isFileOfRun also knows files that a killed process was about to put in their place.
func isFileOfRun(name string) bool {
	for _, file := range []string{runFile, lockFile, reportFile, viewFile} {
		if name == file || strings.HasPrefix(name, file+".") {
			return true
		}
	}
	return false
}
