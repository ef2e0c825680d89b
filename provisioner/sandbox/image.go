package sandbox

import (
	"archive/tar"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
	"runtime"
	"time"
)

// The images of every node: that of the containers that hold a pod's namespaces, and that
// of what faults add to running pods.
const (
	pauseImage  = "shakedown.dev/pause:1"
	helperImage = "shakedown.dev/helper:v1"
)

// writeImage packs one static program as an image in the layout that docker
// save writes.
func writeImage(path, reference, program string) error {
	binary, err := os.ReadFile(program)
	if err != nil {
		return err
	}
	layer, err := archive(entry{name: filepath.Base(program), mode: 0o755, content: binary})
	if err != nil {
		return err
	}
	sum := sha256.Sum256(layer)
	config, err := json.Marshal(map[string]any{
		"architecture": runtime.GOARCH,
		"os":           "linux",
		"config":       map[string]any{"Entrypoint": []string{"/" + filepath.Base(program)}, "User": "65535:65535"},
		"rootfs":       map[string]any{"type": "layers", "diff_ids": []string{"sha256:" + hex.EncodeToString(sum[:])}},
	})
	if err != nil {
		return err
	}
	manifest, err := json.Marshal([]map[string]any{{
		"Config": "config.json", "RepoTags": []string{reference}, "Layers": []string{"layer.tar"},
	}})
	if err != nil {
		return err
	}
	image, err := archive(
		entry{name: "manifest.json", mode: 0o644, content: manifest},
		entry{name: "config.json", mode: 0o644, content: config},
		entry{name: "layer.tar", mode: 0o644, content: layer},
	)
	if err != nil {
		return err
	}
	return os.WriteFile(path, image, 0o644)
}

// entry is a file in an archive.
type entry struct {
	name    string
	mode    int64
	content []byte
}

// archive packs files; the same files make the same archive.
func archive(entries ...entry) ([]byte, error) {
	var out bytes.Buffer
	w := tar.NewWriter(&out)
	for _, e := range entries {
		header := &tar.Header{Name: e.name, Mode: e.mode, Size: int64(len(e.content)), ModTime: time.Unix(0, 0), Format: tar.FormatUSTAR}
		if err := w.WriteHeader(header); err != nil {
			return nil, err
		}
		if _, err := w.Write(e.content); err != nil {
			return nil, err
		}
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}
