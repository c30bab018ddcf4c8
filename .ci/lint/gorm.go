package main

import (
	"go/ast"
	"go/constant"
	"go/types"
	"slices"

	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/types/typeutil"
)

// gormRule keeps what is asked of the database apart from the values it is
// asked with. GORM takes SQL where a value is expected, and a value where SQL
// is: First(&c, id) runs id as a condition, Order(x) takes any SQL,
// Where(&Customer{Reference: reference}) has no condition at all when the
// reference is empty, Updates(customer) leaves out what was set to zero, and
// Limit(-1) is no limit. None of these can be written:
//
//   - SQL is a constant, or made of the types of package clause, which quote
//     names and bind values;
//   - conditions stand in Where and not behind the place to read into;
//   - a struct is written whole: Select("*") is in the same chain;
//   - limits and offsets are seen not to be negative, where they are given.
var gormRule = &analysis.Analyzer{
	Name: "gorm",
	Doc:  "refuses to make SQL of anything but constants, and the calls of GORM whose meaning depends on a value",
	Run: func(pass *analysis.Pass) (any, error) {
		for _, file := range pass.Files {
			ast.Inspect(file, func(node ast.Node) bool {
				checkNode(pass, node)
				return true
			})
		}
		return nil, nil
	},
}

const (
	gormPackage   = "gorm.io/gorm"
	clausePackage = gormPackage + "/clause"
)

// takesSQL names the methods whose first argument is SQL; of those in
// takesColumns, all are.
var (
	takesSQL     = []string{"Where", "Or", "Not", "Having", "Order", "Group", "Joins", "InnerJoins", "Raw", "Exec", "Pluck", "Table", "Update", "UpdateColumn", "Expr"}
	takesColumns = []string{"Select", "Distinct"}
	takesInline  = []string{"First", "Take", "Last", "Find", "FirstOrInit", "FirstOrCreate", "Delete"}
	takesModel   = []string{"Updates", "UpdateColumns"}
	takesCount   = []string{"Limit", "Offset"}
)

func checkNode(pass *analysis.Pass, node ast.Node) {
	switch node := node.(type) {
	case *ast.CallExpr:
		if callee := gormCallee(pass, node); callee != "" {
			checkCall(pass, callee, node)
		}
	case *ast.CompositeLit:
		switch clauseType(pass.TypesInfo.TypeOf(node)) {
		case "Expr", "NamedExpr":
			checkSQL(pass, fieldOf(node, "SQL"))
		case "Column", "Table":
			if raw := fieldOf(node, "Raw"); raw != nil {
				checkSQL(pass, fieldOf(node, "Name"))
			}
		}
	case *ast.AssignStmt:
		for i, place := range node.Lhs {
			if field, ok := place.(*ast.SelectorExpr); ok && clauseType(pass.TypesInfo.TypeOf(field.X)) != "" && slices.Contains([]string{"SQL", "Raw"}, field.Sel.Name) {
				checkSQL(pass, node.Rhs[min(i, len(node.Rhs)-1)])
			}
		}
	}
}

// gormCallee names the function or method of GORM that is called, or "".
func gormCallee(pass *analysis.Pass, call *ast.CallExpr) string {
	callee, ok := typeutil.Callee(pass.TypesInfo, call).(*types.Func)
	if !ok || callee.Pkg() == nil || callee.Pkg().Path() != gormPackage {
		return ""
	}
	return callee.Name()
}

func checkCall(pass *analysis.Pass, callee string, call *ast.CallExpr) {
	is := func(names []string) bool { return slices.Contains(names, callee) }
	switch {
	case callee == "G":
		pass.Reportf(call.Pos(), "gorm.G is another way to say the same, which is not checked here")
	case len(call.Args) == 0:
	case is(takesSQL):
		checkSQL(pass, call.Args[0])
	case is(takesColumns):
		for _, column := range call.Args {
			checkSQL(pass, column)
		}
	case is(takesInline) && len(call.Args) > 1:
		pass.Reportf(call.Args[1].Pos(), "a condition within %s: it belongs into Where", callee)
	case is(takesModel) && !isMap(pass.TypesInfo.TypeOf(call.Args[0])) && !selectsAll(pass, call):
		pass.Reportf(call.Args[0].Pos(), `%s leaves out zero values: Select("*") is missing before it`, callee)
	case is(takesCount) && !isNatural(pass, call.Args[0]):
		pass.Reportf(call.Args[0].Pos(), "%s takes a negative number for none: max(…, 0) is missing", callee)
	}
}

// checkSQL lets constants pass, and what GORM quotes and binds by itself: the
// types of package clause, and queries within queries.
func checkSQL(pass *analysis.Pass, sql ast.Expr) {
	if sql == nil || pass.TypesInfo.Types[sql].Value != nil {
		return
	}
	typ := pass.TypesInfo.TypeOf(sql)
	if clauseType(typ) == "" && named(typ, gormPackage) != "DB" {
		pass.Reportf(sql.Pos(), "SQL that is no constant: %s", types.ExprString(sql))
	}
}

func clauseType(typ types.Type) string { return named(typ, clausePackage) }

// named returns the name of a type, or of what it points to, in a package; ""
// for one of elsewhere.
func named(typ types.Type, path string) string {
	if pointer, ok := types.Unalias(typ).(*types.Pointer); ok {
		typ = pointer.Elem()
	}
	name, ok := types.Unalias(typ).(*types.Named)
	if !ok || name.Obj().Pkg() == nil || name.Obj().Pkg().Path() != path {
		return ""
	}
	return name.Obj().Name()
}

// fieldOf returns what a literal says of a field, or nil. That fields are named
// is held by go vet.
func fieldOf(literal *ast.CompositeLit, field string) ast.Expr {
	for _, element := range literal.Elts {
		if pair, ok := element.(*ast.KeyValueExpr); ok && types.ExprString(pair.Key) == field {
			return pair.Value
		}
	}
	return nil
}

func isMap(typ types.Type) bool {
	_, ok := typ.Underlying().(*types.Map)
	return ok
}

// selectsAll reports whether Select("*") comes before a call in its chain.
func selectsAll(pass *analysis.Pass, call *ast.CallExpr) bool {
	for {
		method, ok := ast.Unparen(call.Fun).(*ast.SelectorExpr)
		if !ok {
			return false
		}
		if call, ok = ast.Unparen(method.X).(*ast.CallExpr); !ok {
			return false
		}
		if gormCallee(pass, call) == "Select" && len(call.Args) == 1 {
			columns := pass.TypesInfo.Types[call.Args[0]].Value
			return columns != nil && columns.ExactString() == `"*"`
		}
	}
}

// isNatural reports whether a number is seen not to be negative: a constant, or
// the max with one, or the min of such.
func isNatural(pass *analysis.Pass, number ast.Expr) bool {
	if value := pass.TypesInfo.Types[number].Value; value != nil {
		return constant.Sign(value) >= 0
	}
	call, ok := ast.Unparen(number).(*ast.CallExpr)
	if !ok {
		return false
	}
	natural := func(argument ast.Expr) bool { return isNatural(pass, argument) }
	switch builtin, _ := typeutil.Callee(pass.TypesInfo, call).(*types.Builtin); {
	case builtin == nil:
		return false
	case builtin.Name() == "max":
		return slices.ContainsFunc(call.Args, natural)
	case builtin.Name() == "min":
		return !slices.ContainsFunc(call.Args, func(argument ast.Expr) bool { return !natural(argument) })
	}
	return false
}
