// Command lint holds Go code to the rules of gosec and to our own for GORM.
package main

import (
	"github.com/securego/gosec/v2/goanalysis"
	"golang.org/x/tools/go/analysis/multichecker"
)

func main() { multichecker.Main(goanalysis.Analyzer, gormRule) }
