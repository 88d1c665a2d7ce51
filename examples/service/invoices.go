package main

import (
	"context"
	"crypto/rand"
	"net/http"
	"time"

	"github.com/go-sallyport/sallyport/authz"
	"github.com/go-sallyport/sallyport/authz/object"
	"github.com/go-sallyport/sallyport/authz/routes"
	"github.com/go-sallyport/sallyport/authz/view"
	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/validate"
)

// Invoice is the response of version 2. The memo is for the user that wrote the invoice, and
// accountants of the tenant see the author.
type Invoice struct {
	ID       string    `json:"id" view:"public"`
	Customer string    `json:"customer" view:"public"`
	Cents    int64     `json:"cents" view:"public"`
	Paid     bool      `json:"paid" view:"public"`
	Created  time.Time `json:"created" view:"public"`
	Memo     string    `json:"memo" view:"self"`
	Author   string    `json:"author" view:"accountant"`
}

// CreateInvoice is the body of POST /v2/invoices. It has no member for an owner or a tenant.
type CreateInvoice struct {
	Customer string `json:"customer" mod:"trim" validate:"required,min=1,max=200"`
	Cents    int64  `json:"cents" validate:"required,min=1,max=1000000000"`
	Memo     string `json:"memo" validate:"max=2000"`
}

// UpdateInvoice is the body of PATCH /v2/invoices/{id}. An absent member does not change. Only
// an accountant may say that an invoice is paid.
type UpdateInvoice struct {
	Memo validate.Optional[string] `json:"memo" validate:"max=2000" write:"self"` // null empties it
	Paid validate.Optional[bool]   `json:"paid" write:"accountant"`               // null is false
}

// ListInvoices is the query of GET /v2/invoices?limit=50&offset=100.
type ListInvoices struct {
	Limit  int `query:"limit" default:"20" validate:"min=1,max=100"`
	Offset int `query:"offset" default:"0" validate:"min=0,max=100000"`
}

// Summary is an invoice in a list. A view shows the elements of a list no more than public, so
// the list has a type of its own.
type Summary struct {
	ID       string `json:"id"`
	Customer string `json:"customer"`
	Cents    int64  `json:"cents"`
	Paid     bool   `json:"paid"`
}

// Invoices is the response to GET /v2/invoices.
type Invoices struct {
	Invoices []Summary `json:"invoices"`
}

// CreatedInvoice is the response to POST /v2/invoices.
type CreatedInvoice struct{ Summary }

// StatusCode tells package validate the status of the response.
func (*CreatedInvoice) StatusCode() int { return http.StatusCreated }

// invoices are the routes of invoices, in both versions.
type invoices struct {
	table  invoiceTable
	own    *object.Guard[invoice, string] // admits the user that wrote the invoice
	shared *object.Guard[invoice, string] // admits accountants of the same tenant too
	view   *view.View[Invoice]
	input  *view.Input[UpdateInvoice]
}

func newInvoices(table invoiceTable) *invoices {
	guard := func(roles ...string) *object.Guard[invoice, string] {
		return must(object.New(object.Config[invoice, string]{
			Name:   "invoice",
			Load:   table.load,
			Owner:  func(i invoice) object.Owner { return i.owner },
			Tenant: func(i invoice) string { return i.tenant },
			OrRole: roles,
		}))
	}
	views := view.Config{Views: map[string]authz.Requirement{"accountant": authz.AnyRole("accountant")}}
	return &invoices{
		table: table, own: guard(), shared: guard("accountant"),
		view: must(view.New[Invoice](views)), input: must(view.NewInput[UpdateInvoice](views)),
	}
}

func (i *invoices) routes(l limits) []routes.Route {
	read, write := authz.Scopes("invoices:read"), authz.Scopes("invoices:write")
	return []routes.Route{
		{Pattern: "GET /v2/invoices", Require: read, Lists: true, Limits: l.data, Handler: validate.Handler(i.list)},
		{Pattern: "POST /v2/invoices", Require: write, Creates: true, Limits: l.data, Handler: validate.Handler(i.create)},
		{Pattern: "GET /v2/invoices/{id}", Require: read, Object: i.shared, Limits: l.data,
			Handler: i.view.Handler(validate.Handler(i.get))},
		{Pattern: "PATCH /v2/invoices/{id}", Require: write, Object: i.shared, Limits: l.data,
			Handler: i.input.Handler(i.view.Handler(validate.Handler(i.update)))},
		{Pattern: "DELETE /v2/invoices/{id}", Require: authz.All(write, authz.Fresh(freshLogin)), Object: i.own, Limits: l.data,
			Handler: validate.Handler(i.delete)},
	}
}

// list returns a page of the invoices of the caller. The filter is in the WHERE clause.
func (i *invoices) list(ctx context.Context, in *ListInvoices) (*Invoices, error) {
	found, err := i.table.list(ctx, object.FilterOf(ctx), in.Limit, in.Offset)
	if err != nil {
		return nil, err
	}
	list := make([]Summary, len(found))
	for n, one := range found {
		list[n] = one.summary()
	}
	return &Invoices{list}, nil
}

// create stores an invoice of the caller. The owner and the tenant come from the session.
func (i *invoices) create(ctx context.Context, in *CreateInvoice) (*CreatedInvoice, error) {
	owner, tenant, err := object.Own(ctx)
	if err != nil {
		return nil, err
	}
	made := invoice{
		id: rand.Text(), owner: owner, tenant: tenant,
		customer: in.Customer, cents: in.Cents, memo: in.Memo, created: time.Now().UTC().Truncate(time.Millisecond),
	}
	if err := i.table.insert(ctx, made); err != nil {
		return nil, err
	}
	return &CreatedInvoice{made.summary()}, nil
}

// get returns the invoice that the guard has admitted.
func (i *invoices) get(ctx context.Context, _ *struct{}) (*Invoice, error) {
	found, ok := i.shared.From(ctx)
	if !ok {
		return nil, httperr.ErrInternal // the route lacks the guard
	}
	return found.response(), nil
}

// update changes the invoice that the guard has admitted.
func (i *invoices) update(ctx context.Context, in *UpdateInvoice) (*Invoice, error) {
	found, ok := i.shared.From(ctx)
	if !ok {
		return nil, httperr.ErrInternal
	}
	changed, ok, err := i.table.update(ctx, found, in)
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, httperr.ErrNotFound // deleted a moment ago
	}
	return changed.response(), nil
}

func (i *invoices) delete(ctx context.Context, _ *struct{}) (*struct{}, error) {
	found, ok := i.own.From(ctx)
	if !ok {
		return nil, httperr.ErrInternal
	}
	return nil, i.table.delete(ctx, found)
}
