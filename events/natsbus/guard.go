package natsbus

import (
	"fmt"
	"runtime/debug"
)

// maxStack bounds the stack in the error of a panic.
const maxStack = 4 << 10

// guarded turns a panic of call into an error with the stack.
func guarded(call func() error) (err error) {
	defer func() {
		if r := recover(); r != nil {
			stack := debug.Stack()
			err = fmt.Errorf("handler panicked: %v\n%s", r, stack[:min(len(stack), maxStack)])
		}
	}()
	return call()
}
