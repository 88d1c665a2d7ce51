package main

import (
	"context"
	"fmt"
	"time"

	"github.com/go-sallyport/sallyport/authz"
	"github.com/go-sallyport/sallyport/authz/object"
	"github.com/go-sallyport/sallyport/authz/routes"
	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/headers/lifecycle"
	"github.com/go-sallyport/sallyport/validate"
)

// InvoiceV1 is the response of version 1, which wrote amounts as text.
type InvoiceV1 struct {
	ID       string `json:"id"`
	Customer string `json:"customer"`
	Amount   string `json:"amount"` // such as 12.50
}

// InvoicesV1 is the response to GET /v1/invoices.
type InvoicesV1 struct {
	Invoices []InvoiceV1 `json:"invoices"`
}

// routesV1 returns the routes of version 1. Build refuses a route that is weaker than its twin in
// version 2, unless Weaker has the reason.
func (i *invoices) routesV1(l limits) []routes.Route {
	read, write := authz.Scopes("invoices:read"), authz.Scopes("invoices:write")
	old := must(lifecycle.New(lifecycle.Config{
		Deprecated:    time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC),
		Sunset:        time.Date(2027, 12, 1, 0, 0, 0, 0, time.UTC),
		SuccessorLink: "/v2/invoices",
		Gone:          true,
	}))
	return []routes.Route{
		{Pattern: "GET /v1/invoices", Require: read, Lists: true, Limits: l.data, Lifecycle: old, Handler: validate.Handler(i.listV1)},
		{Pattern: "GET /v1/invoices/{id}", Require: read, Object: i.shared, Limits: l.data, Lifecycle: old,
			Handler: validate.Handler(i.getV1)},
		{Pattern: "DELETE /v1/invoices/{id}", Require: write, Object: i.own, Limits: l.data, Lifecycle: old,
			Weaker:  "clients of version 1 cannot ask for a new login; the route goes with its Sunset",
			Handler: validate.Handler(i.delete)},
	}
}

func (i *invoices) listV1(ctx context.Context, in *ListInvoices) (*InvoicesV1, error) {
	found, err := i.table.list(ctx, object.FilterOf(ctx), in.Limit, in.Offset)
	if err != nil {
		return nil, err
	}
	list := make([]InvoiceV1, len(found))
	for n, one := range found {
		list[n] = one.v1()
	}
	return &InvoicesV1{list}, nil
}

func (i *invoices) getV1(ctx context.Context, _ *struct{}) (*InvoiceV1, error) {
	found, ok := i.shared.From(ctx)
	if !ok {
		return nil, httperr.ErrInternal
	}
	one := found.v1()
	return &one, nil
}

func (i invoice) v1() InvoiceV1 {
	return InvoiceV1{ID: i.id, Customer: i.customer, Amount: fmt.Sprintf("%d.%02d", i.cents/100, i.cents%100)}
}
