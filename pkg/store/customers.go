package store

import (
	"strconv"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"github.com/clientelehq/clientele/errors"
	"github.com/clientelehq/clientele/pkg/model"
)

// Customer returns the customer with this reference, CustomerNotFound if there
// is none. No text that cannot be a reference finds anybody (trap T8).
func (tx *Tx) Customer(reference string) (*model.Customer, error) {
	if reference == "" || !isStorable(reference) {
		return nil, errors.CustomerNotFound
	}
	return one[model.Customer](tx.db.Where("reference = ?", reference), errors.CustomerNotFound)
}

// CustomerByID returns the customer in this row, or CustomerNotFound.
func (tx *Tx) CustomerByID(id int64) (*model.Customer, error) {
	return one[model.Customer](tx.db.Where("id = ?", id), errors.CustomerNotFound)
}

// CustomerByEmail returns the account that owns an e-mail address in a store:
// not anonymised, with a credential. It may be blocked. CustomerNotFound if
// there is none.
func (tx *Tx) CustomerByEmail(store, emailKey string) (*model.Customer, error) {
	if store == "" || emailKey == "" || !isStorable(emailKey) {
		return nil, errors.CustomerNotFound
	}
	owner := tx.db.Where("store = ? AND email_key = ? AND password_hash IS NOT NULL AND anonymized_at IS NULL", store, emailKey)
	return one[model.Customer](owner, errors.CustomerNotFound)
}

// LockCustomer returns a customer as they are now, and keeps others from
// changing the row, or from locking it, until the transaction ends. It returns
// CustomerNotFound.
//
// The lock lets rows be added that refer to the customer. On SQLite the
// transaction holds the database's one lock anyway.
func (tx *Tx) LockCustomer(id int64) (*model.Customer, error) {
	tx.touch(id)
	return one[model.Customer](tx.locking().Where("id = ?", id), errors.CustomerNotFound)
}

// IsErased reports whether a customer was anonymised, and keeps them as they are
// until the transaction ends. It takes as long for one who is not there.
func (tx *Tx) IsErased(id int64) (bool, error) {
	customer, err := maybe[model.Customer](tx.locking().Select("anonymized_at").Where("id = ?", id))
	return customer != nil && customer.AnonymizedAt != nil, err
}

// locking begins a query whose rows nobody else changes or locks until the
// transaction ends. On SQLite there is nobody else.
func (tx *Tx) locking() *gorm.DB {
	return tx.db.Clauses(clause.Locking{Strength: "NO KEY UPDATE"})
}

// CreateCustomer adds a customer. It sets id, version, and the times; a number
// and a reference, where the struct has none, are the next of the store. A
// transaction that is rolled back gives its number back.
//
// It returns EmailTaken, ResourceIDTaken for a reference or a number that the
// caller chose, CharactersInvalid for text that cannot be kept.
func (tx *Tx) CreateCustomer(customer *model.Customer) error {
	keep(tx, customer)
	customer.Version = 1
	setTime(&customer.CreatedAt, tx.Now)
	setTime(&customer.UpdatedAt, tx.Now)
	complete(customer)
	chosen := customer.Reference != "" || customer.Number != 0
	for {
		if err := tx.number(customer); err != nil {
			return err
		}
		added, err := tx.addCustomer(customer)
		if added {
			tx.touch(customer.ID)
		}
		if err != nil || added {
			return err
		}
		if chosen {
			return errors.ResourceIDTaken
		}
		// Somebody chose this very reference for another customer: take the next.
		customer.Number, customer.Reference = 0, ""
	}
}

// number gives a customer what is missing of number and reference.
func (tx *Tx) number(customer *model.Customer) error {
	if customer.Number == 0 {
		next, err := tx.nextNumber(customer.Store)
		if err != nil {
			return err
		}
		customer.Number = next
	}
	if customer.Reference == "" {
		customer.Reference = customer.Store + "--" + strconv.FormatInt(customer.Number, 10)
	}
	return nil
}

// nextNumber counts in a row and not in a sequence of the database, which
// PostgreSQL would not give back in a rollback and SQLite does not have. The
// row's lock lasts until the transaction ends: registrations of one store are
// committed one after the other.
func (tx *Tx) nextNumber(store string) (number int64, err error) {
	const next = `
		INSERT INTO reference_counters (store, last)
		VALUES      (?, 1)
		ON CONFLICT (store) DO UPDATE
		SET         last = reference_counters.last + 1
		RETURNING   last`
	err = scan(tx.db.Raw(next, store), &number)
	return number, refusal(err, nil)
}

// addCustomer reports false, and leaves the transaction usable, when the
// reference is taken.
func (tx *Tx) addCustomer(customer *model.Customer) (added bool, err error) {
	if err := tx.storable(customer); err != nil {
		return false, err
	}
	result := tx.db.Clauses(clause.OnConflict{Columns: []clause.Column{{Name: "reference"}}, DoNothing: true}).Create(customer)
	return result.RowsAffected == 1, refusal(result.Error, nil)
}

// RaiseCounter makes the store's next number greater than number, after
// customers were added with numbers of their own.
func (tx *Tx) RaiseCounter(store string, number int64) error {
	const raise = `
		INSERT INTO reference_counters (store, last)
		VALUES      (?, ?)
		ON CONFLICT (store) DO UPDATE
		SET         last = excluded.last
		WHERE       reference_counters.last < excluded.last`
	return tx.db.Exec(raise, store, number).Error
}

// SaveCustomer writes all of a customer's row but what follows from their orders, and
// sets version and updated_at in the struct too.
//
// A struct that is older than the row is not written: the transaction is run
// again (see Store.Write). So no change is lost, even one made without
// LockCustomer.
//
// It returns EmailTaken, AddressNotFound and PaymentSourceNotFound for a default that
// is not the customer's, CharactersInvalid.
func (tx *Tx) SaveCustomer(customer *model.Customer) error {
	keep(tx, customer)
	read := customer.Version
	customer.Version++
	customer.UpdatedAt = tx.Now
	complete(customer)
	if err := tx.storable(customer); err != nil {
		return err
	}
	result := tx.db.Where("version = ?", read).Select("*").Omit("id", "store", "number", "reference", "created_at", "total_spent", "total_spent_currency", "last_order_id").UpdateColumns(customer)
	if result.Error == nil && result.RowsAffected == 0 {
		return ErrAgain
	}
	return refusal(result.Error, errors.AddressNotFound)
}

// SetPassword replaces a hash by another of the same password, and reports
// whether the old one was still there. It is no change of the customer: the
// version stays.
func (tx *Tx) SetPassword(id int64, oldHash, newHash string) (bool, error) {
	result := tx.db.Exec("UPDATE customers SET password_hash = ? WHERE id = ? AND password_hash = ?", newHash, id, oldHash)
	return result.RowsAffected == 1, result.Error
}

// DeleteCustomer removes a customer with all that hangs on them, as if they had
// never been; the number is not given again.
func (tx *Tx) DeleteCustomer(id int64) error {
	const vacate = "UPDATE customers SET default_shipping_address_id = NULL, default_billing_address_id = NULL, default_source_id = NULL WHERE id = ?"
	if err := tx.db.Exec(vacate, id).Error; err != nil {
		return err
	}
	return tx.db.Exec("DELETE FROM customers WHERE id = ?", id).Error
}

// DeletePersonalData removes everything that hangs on a customer: addresses, payment
// sources, consents, keys, sessions, familiar networks, captured letters, answers kept for
// repetition, orders and what events tell. The default places have to be vacant.
func (tx *Tx) DeletePersonalData(customerID int64) error {
	for _, remove := range []func(int64) error{tx.DeleteAddresses, tx.deletePaymentSources, tx.deleteConsents, tx.leaveAllGroups, tx.deleteDataExports, tx.deleteOutboxMessages, tx.DeleteKeys, tx.DeleteSessions, tx.deleteFamiliarNetworks, tx.deleteAnswers, tx.eraseOrders, tx.forgetEvents} {
		if err := remove(customerID); err != nil {
			return err
		}
	}
	return nil
}

// complete fills what follows from the rest.
func complete(customer *model.Customer) {
	customer.Search = searchText(customer)
	for _, object := range []*model.JSON{&customer.Metadata, &customer.Extra, &customer.ProviderIDs} {
		if *object == nil {
			*object = model.JSON{}
		}
	}
}
