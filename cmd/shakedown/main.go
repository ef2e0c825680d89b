// Command shakedown builds environments on Kubernetes, breaks them on purpose
// and proves that they healed.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"github.com/shakedown-dev/shakedown/cmd/internal/cli"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := cli.Main(ctx, os.Args[1:], cli.System().Private())
	stop()
	os.Exit(code)
}
