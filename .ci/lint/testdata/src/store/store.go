package store

import (
	"fmt"
	"strings"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"
)

type Customer struct{ Reference string }

const byReference = "reference = ?"

const byBoth = byReference + " AND " + "store = ?"

var sortColumns = map[string]string{"email": "email"}

func constants(db *gorm.DB, value string) {
	const remove = `DELETE FROM customers WHERE reference = ?`
	db.Where("reference = ?", value).Or(byReference, value).Not(byBoth, value, value).Order("number DESC").Take(&Customer{})
	db.Where(`search LIKE ?`, "%"+value+"%").Find(&[]Customer{})
	db.Exec(remove, value)
	db.Raw("SELECT max(number) FROM "+"customers", value).Select("*").Select("number", "reference").Omit(value)
	db.Delete(&Customer{})
	db.Order(gorm.Expr("? DESC", clause.Column{Name: value}))
}

func typed(db *gorm.DB, column string, value any) {
	db.Where(clause.Eq{Column: column, Value: value}).Or(db.Where("number > ?", value))
	term := clause.Expr{SQL: "?", Vars: []any{clause.Column{Name: column}}}
	term.SQL += " DESC"
	var expression clause.Expression = term
	db.Order(clause.OrderBy{Expression: expression})
	db.Where(expression)
	_ = clause.Column{Name: "lower(email)", Raw: true}
}

func text(db *gorm.DB, value string, values []any) {
	db.Where("reference = '" + value + "'")                  // want `SQL that is no constant: "reference = '" \+ value \+ "'"`
	db.Or(fmt.Sprintf("reference = '%s'", value))            // want `SQL that is no constant`
	db.Not(value)                                            // want `SQL that is no constant: value`
	db.Having(strings.Join([]string{value}, ","))            // want `SQL that is no constant`
	db.Order(value)                                          // want `SQL that is no constant`
	db.Order(sortColumns[value])                             // want `SQL that is no constant`
	db.Group(value).Joins(value)                             // want `SQL that is no constant` `SQL that is no constant`
	db.Select("number", value)                               // want `SQL that is no constant`
	db.Distinct(value)                                       // want `SQL that is no constant`
	db.Raw("SELECT * FROM " + value)                         // want `SQL that is no constant`
	db.Exec(value)                                           // want `SQL that is no constant`
	db.Pluck(value, &values)                                 // want `SQL that is no constant`
	db.Table(value)                                          // want `SQL that is no constant`
	db.Update(value, 1)                                      // want `SQL that is no constant`
	db.Where(values[0])                                      // want `SQL that is no constant`
	db.Where("reference = ?", value).Where((value)).Limit(1) // want `SQL that is no constant`
}

func expressions(db *gorm.DB, value string) {
	db.Where(gorm.Expr(value))                            // want `SQL that is no constant`
	db.Clauses(clause.Expr{SQL: value})                   // want `SQL that is no constant`
	_ = &clause.NamedExpr{SQL: "a" + value}               // want `SQL that is no constant`
	_ = []clause.Column{{Name: value, Raw: true}}         // want `SQL that is no constant`
	term, other := clause.Expr{}, clause.Column{Name: ""} // nothing yet
	term.SQL = value                                      // want `SQL that is no constant`
	term.SQL, other.Raw = "?", value == ""                // want `SQL that is no constant`
}

func structs(db *gorm.DB, customer *Customer) {
	db.Where(customer)                                                               // want `SQL that is no constant: customer`
	db.Where(Customer{})                                                             // want `SQL that is no constant`
	db.Where(map[string]any{"reference": ""})                                        // want `SQL that is no constant`
	db.Updates(customer)                                                             // want `Updates leaves out zero values`
	db.Select("reference").UpdateColumns(Customer{})                                 // want `UpdateColumns leaves out zero values`
	db.Where("version = ?", 1).Select("*").Omit("reference").UpdateColumns(customer) // written whole
	db.Updates(map[string]any{"reference": nil})
}

func inline(db *gorm.DB, id string, number int) {
	db.First(&Customer{}, id)                // want `a condition within First`
	db.Take(&Customer{}, "number = 1")       // want `a condition within Take`
	db.Find(&[]Customer{}, number)           // want `a condition within Find`
	db.Delete(&Customer{}, "number = ?", id) // want `a condition within Delete`
}

func counts(db *gorm.DB, n int) {
	db.Limit(n)           // want `Limit takes a negative number for none`
	db.Offset(n)          // want `Offset takes a negative number`
	db.Limit(-1)          // want `Limit takes a negative number`
	db.Limit(min(n, 100)) // want `Limit takes a negative number`
	db.Limit(max(n, -1))  // want `Limit takes a negative number`
	db.Limit(min(max(n, 0), 100)).Offset(max(0, n)).Limit(20)
}

func generic(db *gorm.DB, value string) {
	gorm.G[Customer](db).Where(value) // want `gorm.G is another way` `SQL that is no constant`
}
