package main

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// makeRoot gives the machine a file system of its own: the host's programs to
// read, its own /etc and /var, and fresh everything else. The host's files are
// out of sight afterwards.
func makeRoot(spec Spec) error {
	if err := mount("", "/", "", syscall.MS_REC|syscall.MS_PRIVATE, ""); err != nil {
		return err
	}
	all, err := hierarchies()
	if err != nil {
		return err
	}
	root := filepath.Join(spec.Dir, "root")
	if err := os.MkdirAll(root, 0o755); err != nil {
		return err
	}
	if err := mount("tmpfs", root, "tmpfs", 0, "mode=755,size=64m"); err != nil {
		return err
	}
	steps := []func() error{
		func() error { return mountPrograms(root) },
		func() error { return mountOwn(root, spec) },
		func() error { return mountKernel(root) },
		func() error { return mountCgroups(root, all) },
		func() error { return pivot(root) },
	}
	for _, step := range steps {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

// mountPrograms shows the host's programs and libraries, read-only.
func mountPrograms(root string) error {
	for _, dir := range []string{"/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/nix", "/gnu"} {
		info, err := os.Lstat(dir)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return err
		}
		if info.Mode()&fs.ModeSymlink != 0 {
			err = copyLink(dir, filepath.Join(root, dir))
		} else {
			err = bind(dir, filepath.Join(root, dir), true)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// copyLink repeats a symbolic link.
func copyLink(from, to string) error {
	target, err := os.Readlink(from)
	if err != nil {
		return err
	}
	return os.Symlink(target, to)
}

// mountOwn mounts the machine's own directories and those it was given.
func mountOwn(root string, spec Spec) error {
	for _, name := range []string{"etc", "var"} {
		source := filepath.Join(spec.Dir, name)
		if err := os.MkdirAll(source, 0o755); err != nil {
			return err
		}
		if err := bind(source, filepath.Join(root, name), false); err != nil {
			return err
		}
	}
	for _, b := range spec.Binds {
		if err := bind(b.Source, filepath.Join(root, b.Target), true); err != nil {
			return err
		}
	}
	for _, name := range []string{"run", "tmp"} {
		if err := mkdirMount("tmpfs", filepath.Join(root, name), "tmpfs", syscall.MS_NOSUID|syscall.MS_NODEV, "mode=1777"); err != nil {
			return err
		}
	}
	for _, name := range []string{"var/log", "var/lib", "var/tmp", "root"} {
		if err := os.MkdirAll(filepath.Join(root, name), 0o755); err != nil {
			return err
		}
	}
	if err := os.Symlink("/run", filepath.Join(root, "var/run")); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return copyLibraryCache(root)
}

// copyLibraryCache makes the loader's cache of the host visible, if there is one.
func copyLibraryCache(root string) error {
	raw, err := os.ReadFile("/etc/ld.so.cache")
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(root, "etc/ld.so.cache"), raw, 0o644)
}

// mountKernel mounts the kernel's file systems for the machine's namespaces.
func mountKernel(root string) error {
	const quiet = syscall.MS_NOSUID | syscall.MS_NODEV | syscall.MS_NOEXEC
	if err := mkdirMount("proc", filepath.Join(root, "proc"), "proc", quiet, ""); err != nil {
		return err
	}
	if err := mkdirMount("sysfs", filepath.Join(root, "sys"), "sysfs", quiet, ""); err != nil {
		return err
	}
	dev := filepath.Join(root, "dev")
	if err := os.MkdirAll(dev, 0o755); err != nil {
		return err
	}
	return mount("/dev", dev, "", syscall.MS_BIND|syscall.MS_REC, "")
}

// pivot makes root the machine's root and forgets the host's.
func pivot(root string) error {
	if err := os.Chdir(root); err != nil {
		return err
	}
	if err := syscall.PivotRoot(".", "."); err != nil {
		return fmt.Errorf("pivot: %w", err)
	}
	if err := syscall.Unmount(".", syscall.MNT_DETACH); err != nil {
		return fmt.Errorf("leaving the host's root: %w", err)
	}
	if err := os.Chdir("/"); err != nil {
		return err
	}
	// Pods may ask for mounts that propagate; they do so within the machine only.
	return mount("", "/", "", syscall.MS_REC|syscall.MS_SHARED, "")
}

// maskSysctls hides the settings of the whole host that a kubelet would change
// behind files that hold the values it wants, and gives the machine a boot id
// of its own, by which a kubelet knows that it was restarted.
func maskSysctls() error {
	files := map[string]string{
		"vm/overcommit_memory":      "1",
		"vm/panic_on_oom":           "0",
		"kernel/panic":              "10",
		"kernel/panic_on_oops":      "1",
		"kernel/keys/root_maxkeys":  "1000000",
		"kernel/keys/root_maxbytes": "25000000",
		"kernel/random/boot_id":     bootID(),
	}
	for name, value := range files {
		if err := mask(name, value); err != nil {
			return err
		}
	}
	return nil
}

// mask lays a file of the machine over a sysctl.
func mask(name, value string) error {
	target := "/proc/sys/" + name
	if _, err := os.Stat(target); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	source := filepath.Join("/run/sysctl", name)
	if err := os.MkdirAll(filepath.Dir(source), 0o755); err != nil {
		return err
	}
	if err := os.WriteFile(source, []byte(value+"\n"), 0o644); err != nil {
		return err
	}
	return mount(source, target, "", syscall.MS_BIND, "")
}

// bootID is a random UUID.
func bootID() string {
	var b [16]byte
	_, _ = rand.Read(b[:])
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

// bind shows source at target, read-only if asked.
func bind(source, target string, readOnly bool) error {
	if err := os.MkdirAll(target, 0o755); err != nil {
		return err
	}
	if err := mount(source, target, "", syscall.MS_BIND|syscall.MS_REC, ""); err != nil {
		return err
	}
	if !readOnly {
		return nil
	}
	return mount("", target, "", syscall.MS_BIND|syscall.MS_REMOUNT|syscall.MS_RDONLY, "")
}

// mkdirMount mounts on a directory that it makes.
func mkdirMount(source, target, kind string, flags uintptr, data string) error {
	if err := os.MkdirAll(target, 0o755); err != nil {
		return err
	}
	return mount(source, target, kind, flags, data)
}

// mount is the system call with an error that names the target.
func mount(source, target, kind string, flags uintptr, data string) error {
	if err := syscall.Mount(source, target, kind, flags, data); err != nil {
		return &fs.PathError{Op: "mount " + kind, Path: target, Err: err}
	}
	return nil
}
