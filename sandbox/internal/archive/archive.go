// Package archive packs the modules of the sandbox.
package archive

import (
	"archive/zip"
	"bytes"
	"io/fs"
	"path"
	"slices"
	"strings"
)

// Pack packs every folder of dir that is a Go module, without tests. The same
// files make the same archive.
func Pack(dir fs.FS) ([]byte, error) {
	names, err := Files(dir)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	for _, name := range names {
		raw, err := fs.ReadFile(dir, name)
		if err != nil {
			return nil, err
		}
		// The time stays zero and the method is said here: nothing else gets in.
		file, err := w.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Deflate})
		if err != nil {
			return nil, err
		}
		if _, err := file.Write(raw); err != nil {
			return nil, err
		}
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

// Files are the files of the modules below dir that a build needs, in order.
func Files(dir fs.FS) ([]string, error) {
	manifests, err := fs.Glob(dir, "*/go.mod")
	if err != nil {
		return nil, err
	}
	var names []string
	for _, manifest := range manifests {
		err := fs.WalkDir(dir, path.Dir(manifest), func(name string, entry fs.DirEntry, err error) error {
			if err == nil && entry.IsDir() && entry.Name() == "testdata" {
				return fs.SkipDir
			}
			if err == nil && !entry.IsDir() && needed(name) {
				names = append(names, name)
			}
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	slices.Sort(names)
	return names, nil
}

// needed reports whether a build may read the file.
func needed(name string) bool {
	return !strings.HasSuffix(name, "_test.go") && !strings.HasPrefix(path.Base(name), ".")
}
