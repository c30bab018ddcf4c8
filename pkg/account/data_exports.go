package account

import (
	"archive/zip"
	"bytes"
	"context"
	"crypto/subtle"
	"encoding/hex"
	"encoding/json"
	"reflect"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/google/uuid"

	"github.com/clientelehq/clientele/errors"
	"github.com/clientelehq/clientele/pkg/model"
	"github.com/clientelehq/clientele/pkg/store"
	"github.com/clientelehq/clientele/pkg/token"
)

// A customer's own copy (GDPR, articles 15 and 20) is made by a job and kept sealed for
// some days. Whoever has a link to it can download it, for as long as the link counts.

const (
	dataExportKept = 7 * 24 * time.Hour
	dataExportLink = 15 * time.Minute
)

// RequestDataExport asks for a copy of all that is held about the customer behind
// reference, or returns the one that is being made. It answers like Customer, with
// Unauthorized (411) for a key without WriteCustomers, and CustomerSaveFailed (410) for a
// customer who was anonymised.
func (s *Service) RequestDataExport(ctx context.Context, actor Actor, reference string) (customer *model.Customer, made *model.DataExport, err error) {
	err = s.Store.Write(ctx, func(tx *store.Tx) error {
		if customer, err = s.reach(tx, actor, reference, WriteCustomers, errors.Unauthorized); err != nil {
			return err
		}
		if customer.AnonymizedAt != nil {
			return errors.CustomerSaveFailed
		}
		wanted := &model.DataExport{ID: uuid.NewString(), CustomerID: customer.ID, ExpiresAt: tx.Now.Add(dataExportKept)}
		if made, err = tx.AddDataExport(wanted); err != nil || made.ID != wanted.ID {
			return err
		}
		if err := s.note(tx, actor, dataExportEvent, success, customer); err != nil {
			return err
		}
		return s.Queue.Add(ctx, tx, exportingData{Export: made.ID})
	})
	return customer, made, err
}

// DataExports returns the copies of the customer behind reference that are not over, the
// newest first. It answers like Customer.
func (s *Service) DataExports(ctx context.Context, actor Actor, reference string) (customer *model.Customer, exports []model.DataExport, err error) {
	err = s.Store.Read(ctx, func(tx *store.Tx) error {
		if customer, err = s.reach(tx, actor, reference, ReadCustomers, errors.CustomerNotFound); err != nil {
			return err
		}
		exports, err = tx.DataExports(customer.ID)
		return err
	})
	return customer, exports, err
}

// DataExport returns one of these copies, or RouteNotFound.
func (s *Service) DataExport(ctx context.Context, actor Actor, reference, id string) (customer *model.Customer, export *model.DataExport, err error) {
	err = s.Store.Read(ctx, func(tx *store.Tx) error {
		if customer, err = s.reach(tx, actor, reference, ReadCustomers, errors.CustomerNotFound); err != nil {
			return err
		}
		export, err = tx.DataExport(customer.ID, id)
		return err
	})
	return customer, export, err
}

// DataExportLink signs a download: it counts until the time that it names, in seconds
// of Unix time.
func (s *Service) DataExportLink(export *model.DataExport) (expires, signature string) {
	expires = strconv.FormatInt(s.Store.Now().Add(dataExportLink).Unix(), 10)
	return expires, s.signExport(export.ID, expires)
}

func (s *Service) signExport(id, expires string) string {
	return hex.EncodeToString(s.blind("data export", id, expires))
}

// DownloadDataExport returns the ZIP archive of a copy to whoever has a signed link that
// still counts; else RouteNotFound.
func (s *Service) DownloadDataExport(ctx context.Context, id, expires, signature string) (archive []byte, err error) {
	until, unreadable := strconv.ParseInt(expires, 10, 64)
	if unreadable != nil || subtle.ConstantTimeCompare([]byte(s.signExport(id, expires)), []byte(signature)) != 1 || !s.Store.Now().Before(time.Unix(until, 0)) {
		return nil, errors.RouteNotFound
	}
	err = s.Store.Read(ctx, func(tx *store.Tx) error {
		export, err := tx.ContentOfDataExport(id)
		if err != nil {
			return err
		}
		archive, err = token.Unseal(s.Secret, export.Content, "data export "+id)
		return err
	})
	return archive, err
}

// exportingData makes a copy.
type exportingData struct {
	Export string `json:"export"`
}

// Kind names the job.
func (exportingData) Kind() string { return "data_export" }

func (s *Service) exportData(ctx context.Context, job exportingData) error {
	if err := s.placeEvents(ctx); err != nil { // those without a place are not read
		return err
	}
	var files []exportedFile
	err := s.Store.Read(ctx, func(tx *store.Tx) error {
		export, err := tx.UnfinishedDataExport(job.Export)
		if err != nil || export == nil {
			return err
		}
		customer, err := tx.CustomerByID(export.CustomerID)
		if err != nil {
			return err
		}
		files, err = heldAbout(tx, customer)
		return err
	})
	if err != nil || files == nil {
		return err
	}
	archive, err := zipped(files)
	if err != nil {
		return err
	}
	sealed, err := token.Seal(s.Secret, archive, "data export "+job.Export)
	if err != nil {
		return err
	}
	return s.Store.Write(ctx, func(tx *store.Tx) error {
		return tx.FinishDataExport(job.Export, sealed, int64(len(archive)), tx.Now.Add(dataExportKept))
	})
}

// exportedFile is one of the archive: JSON.
type exportedFile struct {
	name    string
	content any
}

// heldAbout is all that is held about a customer: what they see of it on the main
// surface, and what they do not. Left out are credentials, which are digests, and what
// staff write for each other.
func heldAbout(tx *store.Tx, customer *model.Customer) (files []exportedFile, err error) {
	add := func(name string, rows any, failed error) {
		files, err = append(files, exportedFile{name, plain(rows)}), errors.Join(err, failed)
	}
	profile := told(customer)
	profile["providerIds"], profile["termsVersion"] = map[string]any(customer.ProviderIDs), orNil(customer.TermsVersion)
	add("customer.json", profile, nil)
	addresses, failed := tx.Addresses(customer.ID)
	add("addresses.json", addresses, failed)
	consents, failed := tx.Consents(customer.ID)
	add("consents.json", consents, failed)
	sessions, failed := tx.Sessions(customer.ID)
	add("sessions.json", sessions, failed)
	groups, failed := tx.GroupsOf([]int64{customer.ID})
	add("groups.json", idsAndNames(groups[customer.ID]), failed)
	sources, failed := tx.PaymentSourcesOf([]int64{customer.ID})
	add("payment-sources.json", sources[customer.ID], failed)
	letters, failed := tx.LettersTo(customer.ID)
	add("letters.json", letters, failed)
	orders := []model.Order{}
	for after := int64(0); ; after = orders[len(orders)-1].Number {
		page, failed := tx.AllOrdersOf(customer.ID, after)
		if orders = append(orders, page...); failed != nil || len(page) < store.MaxPage {
			add("orders.json", orders, failed)
			break
		}
	}
	events, failed := tx.Events(store.EventFilter{Store: customer.Store, Subject: customer.Reference, Limit: store.MaxPage})
	add("events.json", events, failed)
	trail, failed := tx.AuditEvents(store.AuditFilter{Store: customer.Store, Customer: customer.Reference, Limit: store.MaxPage})
	add("audit-events.json", trail, failed)
	return files, err
}

func idsAndNames(groups []model.CustomerGroup) []model.JSON {
	all := []model.JSON{}
	for _, group := range groups {
		all = append(all, model.JSON{"id": group.ID, "name": group.Name})
	}
	return all
}

// keptBack are the fields of rows that are no business of the customer: digests, keys of
// rows, and what staff or other services keep for themselves.
var keptBack = map[string]bool{
	"Number": true, "CustomerID": true, "Family": true, "Generation": true, "RotatedAt": true, "Search": true, "EmailKey": true, "Token": true,
	"IdempotencyKey": true, "Text": true, "HTML": true, "Version": true, "Position": true,
}

// plain turns rows into what JSON writes: their fields under names in camel case.
func plain(rows any) any {
	value := reflect.ValueOf(rows)
	if value.Kind() != reflect.Slice || value.Type().Elem().Kind() != reflect.Struct {
		return rows
	}
	all := []model.JSON{}
	for i := range value.Len() {
		row, object := value.Index(i), model.JSON{}
		for j := range row.NumField() {
			if name := row.Type().Field(j).Name; !keptBack[name] {
				object[camelCase(name)] = row.Field(j).Interface()
			}
		}
		all = append(all, object)
	}
	return all
}

// camelCase spells a field as the main surface does: ISO2Code is iso2Code, ID id.
func camelCase(name string) string {
	capitals := len(name) - len(strings.TrimLeftFunc(name, func(r rune) bool { return unicode.IsUpper(r) || unicode.IsDigit(r) }))
	if capitals > 1 && capitals < len(name) {
		capitals-- // the last one begins the next word
	}
	return strings.ToLower(name[:capitals]) + name[capitals:]
}

func zipped(files []exportedFile) ([]byte, error) {
	var archive bytes.Buffer
	writer := zip.NewWriter(&archive)
	for _, file := range files {
		into, err := writer.Create(file.name)
		if err != nil {
			return nil, err
		}
		encoder := json.NewEncoder(into)
		encoder.SetEscapeHTML(false)
		encoder.SetIndent("", "  ")
		if err := encoder.Encode(file.content); err != nil {
			return nil, err
		}
	}
	err := writer.Close()
	return archive.Bytes(), err
}
