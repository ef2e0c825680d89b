//go:build real

package redis

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/shakedown-dev/shakedown/datamove"
)

// childEnv makes the test program a copier of its own, which may be killed.
const childEnv = "SHAKEDOWN_REDIS_TEST_CHILD"

// childJob is what a child copies.
type childJob struct {
	ID, StateDir string
	Resume       bool
	Store        datamove.Store
	From, To     datamove.Endpoint
	// KillAt ends the process at that checkpoint, counted from 1; 0 for never.
	KillAt int
	// Verify compares instead of copying.
	Verify bool
}

func TestMain(m *testing.M) {
	if text := os.Getenv(childEnv); text != "" {
		os.Exit(child(text))
	}
	goleak.VerifyTestMain(m)
}

func child(text string) int {
	var c childJob
	if err := json.Unmarshal([]byte(text), &c); err != nil {
		fmt.Fprintln(os.Stdout, err)
		return 3
	}
	j := datamove.Job{
		ID: c.ID, Resume: c.Resume, Store: c.Store, StateDir: c.StateDir, Now: time.Now,
		From: datamove.Access{Endpoint: c.From, Secret: os.Getenv("FROM_SECRET")},
		To:   datamove.Access{Endpoint: c.To, Secret: os.Getenv("TO_SECRET")},
	}
	n := 0
	lock := make(chan struct{}, 1)
	j.Checkpoint = func(string) {
		lock <- struct{}{}
		defer func() { <-lock }()
		if n++; n == c.KillAt {
			self, _ := os.FindProcess(os.Getpid())
			_ = self.Kill()
			select {}
		}
	}
	run := New().Copy
	if c.Verify {
		run = New().Verify
	}
	part, err := run(context.Background(), j, nil)
	status, _ := os.ReadFile("/proc/self/status")
	out, _ := json.Marshal(map[string]any{"part": part, "verdict": part.Judge(), "error": fmt.Sprint(err), "status": string(status)})
	fmt.Fprintln(os.Stdout, string(out))
	if err != nil {
		return 1
	}
	return 0
}
