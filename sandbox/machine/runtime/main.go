// Command runtime is runc for containers without a seccomp filter.
//
// A kubelet asks for the default filter for every pod, and a runc that was
// built without libseccomp refuses such a container. Rather than ask every user
// for that library's headers, the sandbox takes the filter out of a container's
// configuration and passes everything else on to the runc beside it.
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
)

// runc is where a machine sees the real one.
const runc = "/opt/shakedown/runc/runc"

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "runtime:", err)
		os.Exit(1)
	}
}

// run becomes runc; it returns only if that failed.
func run(args []string) error {
	if slices.Contains(args, "create") || slices.Contains(args, "run") {
		if err := withoutFilter(filepath.Join(bundle(args), "config.json")); err != nil {
			return err
		}
	}
	return syscall.Exec(runc, append([]string{"runc"}, args...), os.Environ())
}

// bundle is the container's directory among runc's arguments.
func bundle(args []string) string {
	for i, arg := range args {
		name, value, joined := strings.Cut(arg, "=")
		if !slices.Contains([]string{"--bundle", "-bundle", "-b", "--b"}, name) {
			continue
		}
		if joined {
			return value
		}
		if i+1 < len(args) {
			return args[i+1]
		}
	}
	return "."
}

// withoutFilter takes the seccomp filter out of a container's configuration and
// leaves every other byte of its values alone.
func withoutFilter(path string) error {
	raw, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	var config, linux map[string]json.RawMessage
	if err := json.Unmarshal(raw, &config); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	if err := json.Unmarshal(config["linux"], &linux); err != nil {
		return fmt.Errorf("%s: linux: %w", path, err)
	}
	if _, ok := linux["seccomp"]; !ok {
		return nil
	}
	delete(linux, "seccomp")
	if config["linux"], err = json.Marshal(linux); err != nil {
		return err
	}
	if raw, err = json.Marshal(config); err != nil {
		return err
	}
	return os.WriteFile(path, raw, 0o600)
}
