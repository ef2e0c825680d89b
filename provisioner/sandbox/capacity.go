package sandbox

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	"github.com/shakedown-dev/shakedown/provisioner"
)

// The disk that programs, images and logs need.
const (
	gibibyte  = 1 << 30
	wantSpace = 6 * gibibyte
)

// Watchers of files that the programs of a sandbox open, as counted: the kernel
// limits them per user, and a program that gets none does not start.
const (
	watchersPerNode    = 9
	watchersPerCluster = 12
)

// checkWatchers wants enough of them for one more cluster.
func checkWatchers(nodes int) provisioner.Check {
	c := provisioner.Check{Name: "inotify"}
	limit, err := readNumber("/proc/sys/fs/inotify/max_user_instances")
	if err != nil {
		c.Found, c.Hint = err.Error(), "a sandbox needs inotify"
		return c
	}
	used, need := countWatchers(), watchersPerCluster+nodes*watchersPerNode
	c.OK = used+need <= limit
	c.Found = fmt.Sprintf("%d of %d instances in use, %d more needed", used, limit, need)
	if !c.OK {
		c.Hint = fmt.Sprintf("sysctl fs.inotify.max_user_instances=%d", max(1024, 2*(used+need)))
	}
	return c
}

// readNumber reads a file with one number.
func readNumber(path string) (int, error) {
	raw, err := os.ReadFile(path)
	if err != nil {
		return 0, err
	}
	return strconv.Atoi(strings.TrimSpace(string(raw)))
}

// countWatchers counts the open watchers of all processes; processes that end
// meanwhile do not count.
func countWatchers() int {
	links, err := filepath.Glob("/proc/[0-9]*/fd/*")
	if err != nil {
		return 0
	}
	used := 0
	for _, link := range links {
		if target, err := os.Readlink(link); err == nil && target == "anon_inode:inotify" {
			used++
		}
	}
	return used
}

// checkSpace wants room in the data directory, or where it will be.
func checkSpace(dir string) provisioner.Check {
	c := provisioner.Check{Name: "disk"}
	for {
		var stat syscall.Statfs_t
		err := syscall.Statfs(dir, &stat)
		if err == nil {
			free := stat.Bavail * uint64(stat.Bsize)
			c.OK = free >= wantSpace
			c.Found = fmt.Sprintf("%.1f GiB free in %s", float64(free)/gibibyte, dir)
			c.Hint = fmt.Sprintf("make %d GiB free, or choose another data directory", wantSpace/gibibyte)
			break
		}
		if parent := filepath.Dir(dir); parent != dir {
			dir = parent
			continue
		}
		c.Found = err.Error()
		break
	}
	if c.OK {
		c.Hint = ""
	}
	return c
}
