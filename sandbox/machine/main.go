package main

import (
	"fmt"
	"os"
)

func main() {
	os.Exit(run(os.Args[1:]))
}

// run does what the arguments say and returns the exit code.
func run(args []string) int {
	if len(args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: machine start|unplug|boot|run SPEC")
		return 2
	}
	spec, err := readSpec(args[1])
	if err == nil {
		err = dispatch(args[0], args[1], spec)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "machine:", err)
		return 1
	}
	return 0
}

// dispatch runs the stage of that name.
func dispatch(stage, path string, spec Spec) error {
	switch stage {
	case "start":
		return start(path, spec)
	case "unplug":
		return unplug(spec)
	case "boot":
		return boot(path, spec)
	case "run":
		return runMachine(spec, os.Stderr)
	}
	return fmt.Errorf("unknown stage %q", stage)
}
