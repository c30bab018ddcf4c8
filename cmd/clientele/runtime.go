package main

import (
	"os"
	"runtime/debug"
)

const (
	// One hash fills 19 MiB and everything else of the service a few: with the
	// usual 100 percent every second or third hash is followed by a collection.
	garbagePercent = 300

	// memoryTarget is where the collector begins to work harder instead, in bytes. In
	// a flood of logins the process has some 35 MiB more than that.
	memoryTarget = 180 << 20
)

// setUpRuntime sets Go's collector up for a service that hashes passwords, unless
// GOGC and GOMEMLIMIT say how the operator wants it.
func setUpRuntime() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(garbagePercent)
	}
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(memoryTarget)
	}
}
