package main

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/go-sallyport/sallyport/authz/object"
)

// An invoice is a row of the table invoices.
type invoice struct {
	id       string
	owner    object.Owner
	tenant   string
	customer string
	cents    int64
	memo     string
	paid     bool
	created  time.Time
}

func (i invoice) summary() Summary {
	return Summary{ID: i.id, Customer: i.customer, Cents: i.cents, Paid: i.paid}
}

func (i invoice) response() *Invoice {
	return &Invoice{
		ID: i.id, Customer: i.customer, Cents: i.cents, Paid: i.paid, Created: i.created, Memo: i.memo, Author: i.owner.Subject,
	}
}

// An invoiceTable is the table invoices.
type invoiceTable struct{ db *sql.DB }

// load is object.Config.Load. It needs no tenant: the guard compares the tenant of the row.
func (t invoiceTable) load(ctx context.Context, id string) (found invoice, ok bool, err error) {
	found, err = scanInvoice(t.db.QueryRowContext(ctx,
		`SELECT id, tenant, issuer, subject, customer, cents, memo, paid, created FROM invoices WHERE id = ?`, id))
	if errors.Is(err, sql.ErrNoRows) {
		return invoice{}, false, nil
	}
	return found, err == nil, err
}

// list returns invoices that pass the filter, the latest first. Without a caller the filter has no
// owner, and the list is empty.
func (t invoiceTable) list(ctx context.Context, filter object.Filter, limit, offset int) (list []invoice, err error) {
	owner, ok := filter.Owner()
	tenant, inTenant := filter.Tenant()
	if !ok || !inTenant {
		return nil, nil
	}
	rows, err := t.db.QueryContext(ctx,
		`SELECT id, tenant, issuer, subject, customer, cents, memo, paid, created FROM invoices
		WHERE tenant = ? AND issuer = ? AND subject = ? ORDER BY created DESC, id LIMIT ? OFFSET ?`,
		tenant, owner.Issuer, owner.Subject, limit, offset)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		one, err := scanInvoice(rows)
		if err != nil {
			return nil, err
		}
		list = append(list, one)
	}
	return list, rows.Err()
}

func (t invoiceTable) insert(ctx context.Context, i invoice) error {
	_, err := t.db.ExecContext(ctx,
		`INSERT INTO invoices (id, tenant, issuer, subject, customer, cents, memo, paid, created) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		i.id, i.tenant, i.owner.Issuer, i.owner.Subject, i.customer, i.cents, i.memo, i.paid, i.created.UnixMilli())
	return err
}

// update changes the members that are set. ok is false if the invoice is gone.
func (t invoiceTable) update(ctx context.Context, i invoice, in *UpdateInvoice) (changed invoice, ok bool, err error) {
	changed, err = scanInvoice(t.db.QueryRowContext(ctx,
		`UPDATE invoices SET memo = CASE WHEN ? THEN ? ELSE memo END, paid = CASE WHEN ? THEN ? ELSE paid END
		WHERE id = ? AND tenant = ?
		RETURNING id, tenant, issuer, subject, customer, cents, memo, paid, created`,
		in.Memo.Set, in.Memo.Value, in.Paid.Set, in.Paid.Value, i.id, i.tenant))
	if errors.Is(err, sql.ErrNoRows) {
		return invoice{}, false, nil
	}
	return changed, err == nil, err
}

func (t invoiceTable) delete(ctx context.Context, i invoice) error {
	_, err := t.db.ExecContext(ctx, `DELETE FROM invoices WHERE id = ? AND tenant = ? AND issuer = ? AND subject = ?`,
		i.id, i.tenant, i.owner.Issuer, i.owner.Subject)
	return err
}

func scanInvoice(row interface{ Scan(...any) error }) (i invoice, err error) {
	var created int64
	err = row.Scan(&i.id, &i.tenant, &i.owner.Issuer, &i.owner.Subject, &i.customer, &i.cents, &i.memo, &i.paid, &created)
	i.created = time.UnixMilli(created).UTC()
	return i, err
}
