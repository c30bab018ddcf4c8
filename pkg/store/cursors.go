package store

import (
	"slices"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"
)

// stretch is a page by cursor: the rows of a list behind one, before another, or
// between two, by a column that has no value twice.
type stretch struct {
	column        clause.Column
	after, before *int64
	falls         bool // the list begins with the highest value
	limit         int  // 1 to MaxPage; what is beyond counts as MaxPage
}

// backwards reports whether it is counted from its end: the rows just before one.
func (s stretch) backwards() bool { return s.before != nil && s.after == nil }

// readStretch reads the rows of a query that are in it, in the order of the list;
// never nil.
func readStretch[T any](query *gorm.DB, s stretch) ([]T, error) {
	above, below := s.after, s.before
	if s.falls {
		above, below = below, above
	}
	if above != nil {
		query = query.Where(clause.Gt{Column: s.column, Value: *above})
	}
	if below != nil {
		query = query.Where(clause.Lt{Column: s.column, Value: *below})
	}
	query = query.Order(clause.OrderByColumn{Column: s.column, Desc: s.falls != s.backwards()})
	rows, err := many[T](query.Limit(min(max(s.limit, 0), MaxPage)))
	if s.backwards() {
		slices.Reverse(rows)
	}
	return rows, err
}
