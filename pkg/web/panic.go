package web

import (
	"fmt"
	"runtime/debug"
)

// panicked is what a handler panicked with, and where.
type panicked struct {
	value any
	stack []byte
}

func newPanic(value any) error { return panicked{value, debug.Stack()} }

// Error is for the log alone. The type of the value is told rather than the
// value, which may hold what somebody sent, unless it is an error of the runtime.
func (p panicked) Error() string {
	if err, ok := p.value.(error); ok {
		return fmt.Sprintf("panic: %v\n%s", err, p.stack)
	}
	return fmt.Sprintf("panic of type %T\n%s", p.value, p.stack)
}
