package datamove

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/shakedown-dev/shakedown/events"
)

// identityFile holds the name of the folder of all runs. No run has an id with a dot.
const identityFile = "folder.id"

// identity names the folder in which runs have their state. It is made once, and every
// process that uses the folder has the same: a copy goes on where its state is,
// whichever process has begun it.
func (c *Copier) identity() (string, error) {
	path := filepath.Join(c.deps.Dir, identityFile)
	err := os.MkdirAll(c.deps.Dir, 0o700)
	if err == nil && !exists(path) {
		err = createOnce(path, c.deps.NewID())
	}
	var id []byte
	if err == nil {
		id, err = os.ReadFile(path) //nolint:gosec // our own file
	}
	if err != nil {
		return "", events.Errorf(events.KindInternal, "choose another folder with --data-dir", "name the folder of copies: %w", err)
	}
	return string(id), nil
}

// createOnce makes a file that is whole as soon as it is there; one that is there
// already stays.
func createOnce(path, text string) error {
	f := folder{dir: filepath.Dir(path)}
	temporary := filepath.Base(path) + "." + events.Digest(text)
	if err := f.replace(temporary, []byte(text)); err != nil {
		return err
	}
	err := os.Link(filepath.Join(f.dir, temporary), path)
	if errors.Is(err, fs.ErrExist) {
		err = nil
	}
	return errors.Join(err, os.Remove(filepath.Join(f.dir, temporary)))
}
