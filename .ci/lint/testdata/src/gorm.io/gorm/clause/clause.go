// Package clause has as much of GORM's as the examples need.
package clause

type Expression interface{ Build() }

type Expr struct {
	SQL  string
	Vars []any
}

type NamedExpr Expr

type Column struct {
	Name string
	Raw  bool
}

type OrderBy struct{ Expression Expression }

type Eq struct{ Column, Value any }

func (Expr) Build() {}
func (Eq) Build()   {}
