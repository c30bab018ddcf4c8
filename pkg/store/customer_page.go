package store

import (
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/cases"
	"golang.org/x/text/runes"
	"golang.org/x/text/transform"
	"golang.org/x/text/unicode/norm"
	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"github.com/clientelehq/clientele/errors"
	"github.com/clientelehq/clientele/pkg/model"
)

// CustomerFilter narrows, orders and pages the customers of one store. What is
// left at its zero value does not narrow.
type CustomerFilter struct {
	Store    string   // required
	Email    string   // as it was asked for; the store looks at EmailKey alone
	EmailKey string   // normal form
	ID       []string // references; empty and not nil finds nobody
	Q        string   // part of a name, an e-mail address or an identification, or, shorter than three characters, how a word of it begins; case and accents do not count
	Type     string   // of customer
	Group    string   // id of one that they are in
	Metadata []Member // all of them

	Numbers   Bounds[int64]
	CreatedAt Bounds[time.Time]
	UpdatedAt Bounds[time.Time]

	Enabled              *bool
	Active               *bool
	HasAccount           *bool
	RequestToBeForgotten *bool

	Sort []Order // by number where it leaves customers equal

	Offset int
	Limit  int // 1 to MaxPage; what is beyond counts as MaxPage, 0 finds nobody

	Newest bool // the highest number first, where no Sort is given

	// A cursor instead of sort and offset: customers after, or the last ones
	// before, this number, in the order of the list.
	AfterNumber  *int64
	BeforeNumber *int64

	Total bool // count all that the filter finds, cursor and page apart
}

// Member is a key of metadata and its value: text, or a number or a flag as JSON writes
// it, up to 255 characters.
type Member struct{ Key, Value string }

// MaxPage bounds a page, whatever was asked for.
const MaxPage = 1000

// Order is one field that a list is sorted by.
type Order struct {
	Field      string // number, createdAt, updatedAt, email, lastName or firstName
	Descending bool
}

// Bounds narrows an ordered field; all that are set have to hold.
type Bounds[T any] struct {
	Equal          *T
	Above, AtLeast *T
	Below, AtMost  *T
}

// Set sets the bound of an operator: gt, gte, lt, lte, or "" for equality.
// Another operator sets none and is reported as false.
func (b *Bounds[T]) Set(operator string, value T) bool {
	place, known := map[string]**T{"": &b.Equal, "gt": &b.Above, "gte": &b.AtLeast, "lt": &b.Below, "lte": &b.AtMost}[operator]
	if known {
		*place = &value
	}
	return known
}

// apply adds the bounds of a column.
func (b Bounds[T]) apply(query *gorm.DB, column string) *gorm.DB {
	if b.Equal != nil {
		query = query.Where(clause.Eq{Column: column, Value: *b.Equal})
	}
	if b.Above != nil {
		query = query.Where(clause.Gt{Column: column, Value: *b.Above})
	}
	if b.AtLeast != nil {
		query = query.Where(clause.Gte{Column: column, Value: *b.AtLeast})
	}
	if b.Below != nil {
		query = query.Where(clause.Lt{Column: column, Value: *b.Below})
	}
	if b.AtMost != nil {
		query = query.Where(clause.Lte{Column: column, Value: *b.AtMost})
	}
	return query
}

// sortColumns is the list of what may stand in ORDER BY.
var sortColumns = map[string]struct {
	name     string
	nullable bool
}{
	"number":    {name: "number"},
	"createdAt": {name: "created_at"},
	"updatedAt": {name: "updated_at"},
	"email":     {name: "email", nullable: true},
	"lastName":  {name: "last_name", nullable: true},
	"firstName": {name: "first_name", nullable: true},
}

// CustomerPage returns a page of customers, and how many there are in all when
// the filter wants it, else 0. It returns SortUnknown for a field that is not
// in Order's list.
//
// Pages by cursor cost the same at any depth; an offset costs what it skips.
func (tx *Tx) CustomerPage(filter CustomerFilter) (page []model.Customer, total int64, err error) {
	if filter.hopeless() {
		return []model.Customer{}, 0, nil
	}
	if filter.Total {
		if err := filter.narrow(tx.db.Model(&model.Customer{})).Count(&total).Error; err != nil {
			return nil, 0, err
		}
	}
	if filter.AfterNumber != nil || filter.BeforeNumber != nil {
		page, err = readStretch[model.Customer](filter.narrow(tx.db), stretch{clause.Column{Name: "number"}, filter.AfterNumber, filter.BeforeNumber, filter.Newest, filter.Limit})
		return page, total, err
	}
	query, err := filter.order(filter.narrow(tx.db))
	if err != nil {
		return nil, 0, err
	}
	page, err = many[model.Customer](query.Limit(min(max(filter.Limit, 0), MaxPage)))
	return page, total, err
}

// hopeless reports whether the filter asks for what cannot be stored.
func (f CustomerFilter) hopeless() bool {
	texts := append([]string{f.Store, f.EmailKey, f.Q, f.Type, f.Group}, f.ID...)
	for _, member := range f.Metadata {
		texts = append(texts, member.Key, member.Value)
	}
	if slices.ContainsFunc(texts, func(text string) bool { return !isStorable(text) }) {
		return true
	}
	return f.Store == "" || f.ID != nil && len(f.ID) == 0
}

func (f CustomerFilter) narrow(query *gorm.DB) *gorm.DB {
	query = query.Where("store = ?", f.Store)
	if f.EmailKey != "" {
		query = query.Where("email_key = ?", f.EmailKey)
	}
	if f.ID != nil {
		query = query.Where("reference IN ?", f.ID)
	}
	if f.Q != "" {
		query = search(query, f.Q)
	}
	if f.Type != "" {
		query = query.Where("customer_type = ?", f.Type)
	}
	if f.Group != "" {
		query = query.Where("id IN (SELECT m.customer_id FROM customer_group_members AS m JOIN customer_groups AS g ON g.number = m.group_number WHERE g.id = ?)", f.Group)
	}
	for _, member := range f.Metadata {
		query = query.Where("id IN (SELECT customer_id FROM customer_metadata WHERE key = ? AND value = ?)", member.Key, member.Value)
	}
	query = f.Numbers.apply(query, "number")
	query = f.CreatedAt.apply(query, "created_at")
	query = f.UpdatedAt.apply(query, "updated_at")
	if f.Enabled != nil {
		query = query.Where(isNull("disabled_at", *f.Enabled))
	}
	if f.Active != nil {
		query = query.Where(isNull("confirmed_at", !*f.Active))
	}
	if f.HasAccount != nil {
		query = query.Where(isNull("password_hash", !*f.HasAccount))
	}
	if f.RequestToBeForgotten != nil {
		// In words and not by a value: an index over some rows is used for these alone.
		if *f.RequestToBeForgotten {
			query = query.Where("request_to_be_forgotten")
		} else {
			query = query.Where("NOT request_to_be_forgotten")
		}
	}
	return query
}

// search narrows a query to customers in whose text a word stands. Both databases keep
// an index of all runs of three characters; a shorter word is looked for where words
// begin, behind two line breaks.
func search(query *gorm.DB, word string) *gorm.DB {
	if word = fold(word); utf8.RuneCountInString(word) < 3 {
		word = wordBreak + word
	}
	if query.Name() == sqliteDialect {
		return query.Where("id IN (SELECT rowid FROM customer_search WHERE customer_search MATCH ?)", `"`+strings.ReplaceAll(word, `"`, `""`)+`"`)
	}
	return query.Where(`search LIKE ? ESCAPE '\'`, "%"+literal.Replace(word)+"%")
}

// wordBreak stands before every word and every line of what is searched.
const wordBreak = "\n\n"

func isNull(column string, wanted bool) clause.Expression {
	if wanted {
		return clause.Eq{Column: column, Value: nil}
	}
	return clause.Neq{Column: column, Value: nil}
}

func (f CustomerFilter) order(query *gorm.DB) (*gorm.DB, error) {
	var by []clause.Expression
	for _, order := range f.Sort {
		column, known := sortColumns[order.Field]
		if !known {
			return nil, errors.SortUnknown.With(order.Field)
		}
		term := clause.Expr{SQL: "?", Vars: []any{clause.Column{Name: column.name}}}
		if order.Descending {
			term.SQL += " DESC"
		}
		// Last in both directions: left alone, the two databases disagree.
		if column.nullable {
			term.SQL += " NULLS LAST"
		}
		by = append(by, term)
	}
	last := clause.Expr{SQL: "number"}
	if f.Newest && len(f.Sort) == 0 {
		last.SQL += " DESC"
	}
	by = append(by, last)
	return query.Order(clause.OrderBy{Expression: clause.CommaExpression{Exprs: by}}).Offset(max(f.Offset, 0)), nil
}

// literal keeps LIKE from reading a search as a pattern.
var literal = strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`)

// searchText is what a customer is found by: names, address and
// identification, a line each, and each word of them once more, folded.
func searchText(customer *model.Customer) string {
	var lines []string
	add := func(line string) {
		for _, part := range append([]string{line}, strings.Fields(line)...) {
			if part = fold(part); part != "" && !slices.Contains(lines, part) {
				lines = append(lines, part)
			}
		}
	}
	typed := *customer
	typed.FullName = nil
	add(typed.Name())
	add(customer.Name())
	if customer.AnonymizedAt == nil {
		add(customer.Email)
	}
	if customer.Identification != nil {
		add(*customer.Identification)
	}
	if len(lines) == 0 {
		return ""
	}
	return wordBreak + strings.Join(lines, wordBreak)
}

// fold takes case and accents away. It is done here for both databases:
// lower() of SQLite knows ASCII alone, that of PostgreSQL depends on the
// server's locale, and neither knows accents.
func fold(text string) string {
	if isASCII(text) { // as most is, and a hundred times as fast
		return strings.ToLower(text)
	}
	folding := transform.Chain(norm.NFKD, runes.Remove(runes.In(unicode.Mn)), cases.Fold(), norm.NFC)
	folded, _, err := transform.String(folding, text)
	if err != nil {
		return strings.ToLower(text)
	}
	return folded
}

func isASCII(text string) bool {
	return strings.IndexFunc(text, func(r rune) bool { return r >= utf8.RuneSelf }) < 0
}
