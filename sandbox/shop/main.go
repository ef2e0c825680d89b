// Command shop is the demo application: a small shop of three services and a
// load generator, all in one static binary.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"github.com/shakedown-dev/shakedown/sandbox/shop/internal/cli"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt)
	code := cli.Main(ctx, os.Args[1:], cli.Streams{Out: os.Stdout, Err: os.Stderr}, os.Getenv)
	stop()
	os.Exit(code)
}
