// Package gorm has as much of GORM as the examples need.
package gorm

import "gorm.io/gorm/clause"

type DB struct{}

func (db *DB) Where(query any, args ...any) *DB       { return db }
func (db *DB) Or(query any, args ...any) *DB          { return db }
func (db *DB) Not(query any, args ...any) *DB         { return db }
func (db *DB) Having(query any, args ...any) *DB      { return db }
func (db *DB) Order(value any) *DB                    { return db }
func (db *DB) Group(name string) *DB                  { return db }
func (db *DB) Joins(query string, args ...any) *DB    { return db }
func (db *DB) Select(query any, args ...any) *DB      { return db }
func (db *DB) Distinct(args ...any) *DB               { return db }
func (db *DB) Omit(columns ...string) *DB             { return db }
func (db *DB) Raw(sql string, values ...any) *DB      { return db }
func (db *DB) Exec(sql string, values ...any) *DB     { return db }
func (db *DB) Pluck(column string, into any) *DB      { return db }
func (db *DB) Table(name string, args ...any) *DB     { return db }
func (db *DB) First(into any, conds ...any) *DB       { return db }
func (db *DB) Take(into any, conds ...any) *DB        { return db }
func (db *DB) Find(into any, conds ...any) *DB        { return db }
func (db *DB) Delete(value any, conds ...any) *DB     { return db }
func (db *DB) Update(column string, value any) *DB    { return db }
func (db *DB) Updates(values any) *DB                 { return db }
func (db *DB) UpdateColumns(values any) *DB           { return db }
func (db *DB) Clauses(conds ...clause.Expression) *DB { return db }
func (db *DB) Limit(limit int) *DB                    { return db }
func (db *DB) Offset(offset int) *DB                  { return db }

func Expr(sql string, args ...any) clause.Expr { return clause.Expr{SQL: sql, Vars: args} }

type Interface[T any] interface{ Where(query any, args ...any) }

func G[T any](db *DB) Interface[T] { return nil }
