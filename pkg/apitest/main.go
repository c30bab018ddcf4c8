package apitest

import (
	"flag"
	"fmt"
	"os"
	"testing"
)

// Main runs the tests of a dialect, "" for the main surface, and asks, when all have run
// and passed, what it promises of itself and none of them has seen. What Do does with
// each exchange is the other direction: nothing happens that is not promised.
func Main(m *testing.M, dialect string) {
	flag.Parse()
	code := m.Run()
	if code == 0 && everything() {
		for _, promise := range Unused(dialect) {
			fmt.Fprintln(os.Stderr, "no test has seen that", promise)
			code = 1
		}
	}
	os.Exit(code)
}

// everything reports whether no test was left out.
func everything() bool {
	for _, filter := range []string{"test.run", "test.skip", "test.list", "test.fuzz", "test.bench"} {
		if flag.Lookup(filter).Value.String() != "" {
			return false
		}
	}
	return !testing.Short()
}
