package main

import (
	"os"
	"runtime"
	"runtime/debug"
)

const (
	// One hash fills 19 MiB and everything else of the service a few: with the
	// usual 100 percent every second or third hash is followed by a collection.
	garbagePercent = 300

	// memoryTarget is where the collector begins to work harder instead, in bytes.
	memoryTarget = 200 << 20
)

// setUpRuntime sets Go's runtime up for a service that hashes passwords, unless
// GOGC, GOMEMLIMIT and GOMAXPROCS say how the operator wants it.
//
// As many hashes are computed at once as there are processors, each for some 40
// milliseconds without a pause. The scheduler gets as many places again, so that a
// read never waits for one of them: the operating system lets it in at once, where
// Go's own scheduler would after 10 milliseconds.
func setUpRuntime() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(garbagePercent)
	}
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(memoryTarget)
	}
	if os.Getenv("GOMAXPROCS") == "" {
		runtime.GOMAXPROCS(2 * runtime.GOMAXPROCS(0))
	}
}
