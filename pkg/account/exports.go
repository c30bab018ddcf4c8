package account

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"slices"

	"github.com/clientelehq/clientele/pkg/model"
	"github.com/clientelehq/clientele/pkg/store"
)

// ExportOptions says what is exported, and who is told while it is.
type ExportOptions struct {
	After          string // reference of the customer to go on after; "" begins with the first
	PasswordHashes bool
	PaymentSources bool // with the tokens of the providers, which whoever has them can pay with

	Progress func(ExportReport) // after each page; optional
}

// ExportReport counts customers.
type ExportReport struct {
	Exported int    // whose lines are written
	Total    int    // that there were at the beginning
	Last     string // reference of the last one written: After, to go on
}

// exportPage is how many customers are in memory at once.
const exportPage = 500

// Export writes the customers of the store as JSON lines that Import reads, in order of
// number: from an empty database into which they were imported comes the same. Left out
// are who was anonymised, what waits for a guest to prove their address, and an
// e-mail address that is not confirmed yet.
//
// Each page of 500 is as the database was at one moment. Who is changed while the export
// runs is in it as they were before or after, and who is added is in it.
//
// It returns CustomerNotFound for After that is none of the store; the other errors are
// those of writing and of the database, and then the report says how far it came.
func (s *Service) Export(ctx context.Context, to io.Writer, options ExportOptions) (report ExportReport, err error) {
	var after int64
	report.Last = options.After
	err = s.Store.Read(ctx, func(tx *store.Tx) error {
		if options.After != "" {
			customer, err := customerOfStore(tx, s.Rules.Store, options.After)
			if err != nil {
				return err
			}
			after = customer.Number
		}
		total, err := tx.CountExported(s.Rules.Store, after)
		report.Total = int(total)
		return err
	})
	for more := true; more && err == nil; {
		var page []portableCustomer
		if page, after, err = s.exportedPage(ctx, after, options); err != nil {
			break
		}
		if err = writeLines(to, page); err != nil {
			break
		}
		if more = len(page) > 0; more {
			report.Exported += len(page)
			report.Last = page[len(page)-1].Reference
			if options.Progress != nil {
				options.Progress(report)
			}
		}
	}
	return report, err
}

// writeLines writes a page at once.
func writeLines(to io.Writer, page []portableCustomer) error {
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	for i := range page {
		if err := encoder.Encode(&page[i]); err != nil { // #nosec G117 -- a password in clear is read alone: nobody has one to write
			return err
		}
	}
	_, err := to.Write(text.Bytes())
	return err
}

// exportedPage returns the customers after a number, and the number of the last.
func (s *Service) exportedPage(ctx context.Context, after int64, options ExportOptions) (page []portableCustomer, last int64, err error) {
	err = s.Store.Snapshot(ctx, func(tx *store.Tx) error {
		customers, err := tx.ExportedPage(s.Rules.Store, after, exportPage)
		if err != nil || len(customers) == 0 {
			page = nil
			return err
		}
		last = customers[len(customers)-1].Number
		page, err = exported(tx, customers, options)
		return err
	})
	return page, last, err
}

func exported(tx *store.Tx, customers []model.Customer, options ExportOptions) ([]portableCustomer, error) {
	ids := make([]int64, len(customers))
	for i := range customers {
		ids[i] = customers[i].ID
	}
	addresses, err := tx.AddressesOf(ids)
	if err != nil {
		return nil, err
	}
	groups, err := tx.GroupsOf(ids)
	if err != nil {
		return nil, err
	}
	consents, err := tx.LatestConsents(ids, termsConsent)
	if err != nil {
		return nil, err
	}
	var sources map[int64][]model.PaymentSource
	if options.PaymentSources {
		if sources, err = tx.PaymentSourcesOf(ids); err != nil {
			return nil, err
		}
	}
	page := make([]portableCustomer, len(customers))
	for i := range customers {
		customer, out := &customers[i], &page[i]
		*out = portable(customer)
		if options.PasswordHashes {
			out.PasswordHash = customer.PasswordHash
		}
		if consent, agreed := consents[customer.ID]; agreed {
			out.Terms, out.TermsAt = &consent.Version, &consent.AcceptedAt
		}
		for _, group := range groups[customer.ID] {
			out.Groups = append(out.Groups, group.Name)
		}
		slices.Sort(out.Groups) // their order of creation is another after an import
		for _, address := range addresses[customer.ID] {
			out.Addresses = append(out.Addresses, portableOf(customer, &address))
		}
		for _, source := range sources[customer.ID] {
			out.PaymentSources = append(out.PaymentSources, portableSource(customer, &source))
		}
	}
	return page, nil
}

func portable(customer *model.Customer) portableCustomer {
	out := portableCustomer{
		Reference:          customer.Reference,
		Salutation:         customer.Salutation,
		FirstName:          customer.FirstName,
		LastName:           customer.LastName,
		FullName:           customer.FullName,
		Gender:             customer.Gender,
		DateOfBirth:        customer.DateOfBirth,
		Phone:              customer.Phone,
		Locale:             customer.Locale,
		Identification:     customer.Identification,
		IdentificationType: customer.IdentificationType,
		CustomerType:       customer.CustomerType,
		Note:               customer.Note,
		Metadata:           customer.Metadata,
		Extra:              customer.Extra,
		ProviderIDs:        customer.ProviderIDs,
		Confirmed:          customer.Active(),
		Forget:             customer.RequestToBeForgotten,
		CreatedAt:          &customer.CreatedAt,
	}
	if customer.EmailKey != nil {
		out.Email = &customer.Email
	}
	if !customer.Enabled() {
		out.Enabled = new(bool)
	}
	return out
}

// portableOf says of each kind whether the address is the default: a place that is
// vacant is so after an import.
func portableOf(customer *model.Customer, address *model.Address) portableAddress {
	shipping, billing := customer.IsDefaultShipping(address.ID), customer.IsDefaultBilling(address.ID)
	return portableAddress{
		Salutation:        address.Salutation,
		FirstName:         address.FirstName,
		LastName:          address.LastName,
		Company:           address.Company,
		Address1:          address.Address1,
		Address2:          address.Address2,
		Address3:          address.Address3,
		HouseNumber:       address.HouseNumber,
		Floor:             address.Floor,
		Locality:          address.Locality,
		ZipCode:           address.ZipCode,
		City:              address.City,
		Province:          address.Province,
		ISO2Code:          address.ISO2Code,
		Phone:             address.Phone,
		Metadata:          address.Metadata,
		IsDefaultShipping: &shipping,
		IsDefaultBilling:  &billing,
		BillingOnly:       address.BillingOnly,
	}
}

func portableSource(customer *model.Customer, source *model.PaymentSource) portablePaymentSource {
	isDefault := same(customer.DefaultSourceID, &source.ID)
	return portablePaymentSource{
		Provider:    &source.Provider,
		SourceType:  &source.SourceType,
		Token:       &source.Token,
		Brand:       source.Brand,
		LastFour:    source.LastFour,
		ExpiryMonth: source.ExpiryMonth,
		ExpiryYear:  source.ExpiryYear,
		Holder:      source.Holder,
		State:       &source.State,
		Metadata:    source.Metadata,
		IsDefault:   &isDefault,
	}
}
