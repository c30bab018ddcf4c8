package main

import (
	"testing"

	"golang.org/x/tools/go/analysis/analysistest"
)

// What is refused is marked in testdata/src/store, everything else there passes.
func TestGORMRule(t *testing.T) {
	analysistest.Run(t, analysistest.TestData(), gormRule, "store")
}
