package synthesize

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"

	"github.com/synthsync/synthsync/shared/vendorapi"
)

// Account is a client of the MSP as Synthesize knows it from us.
type Account struct {
	ID          string // as we gave it: the Autotask company id in decimal
	Name        string
	Description string
	Mapped      *bool // nil: Synthesize does not say, which is not a no
}

// NewAccount is an account to be made.
type NewAccount struct {
	ID          string `json:"id"`
	Name        string `json:"name"`
	Description string `json:"description"` // sent even if empty, as everyone does
}

// ConflictError says that an account of a batch exists already. Whether the others of the batch were made is not
// documented: read the accounts, and create those still missing.
type ConflictError struct{ Err error }

func (e *ConflictError) Error() string { return fmt.Sprintf("an account exists already: %v", e.Err) }
func (e *ConflictError) Unwrap() error { return e.Err }

// Accounts reads all accounts; the API has no pages.
func (c *Client) Accounts(ctx context.Context) ([]Account, error) {
	var accounts []Account
	err := c.read(ctx, "read the accounts", "/organization/accounts", func(body io.Reader) (err error) {
		accounts, err = decodeAccounts(body)
		return err
	})
	if err != nil {
		return nil, err
	}
	return accounts, nil
}

// CreateAccounts makes accounts with one request; how many of them a request bears is not documented, 100 are moderate.
// A *ConflictError says that some exist. If the error is unclear (vendorapi.IsUnclear), read the accounts before making
// any of them again. before is as for CreateService.
func (c *Client) CreateAccounts(ctx context.Context, accounts []NewAccount, before func(context.Context) error) error {
	if len(accounts) == 0 {
		return nil
	}
	operation := fmt.Sprintf("create %d accounts", len(accounts))
	if len(accounts) == 1 {
		operation = "create account " + accounts[0].ID
	}
	err := c.call(ctx, operation, http.MethodPost, "/organization/accounts", accounts, func(r *vendorapi.Request[Keys]) {
		r.Once, r.Before = true, before
		r.Decode = written(classify)
	})
	var answered *vendorapi.Error
	if errors.As(err, &answered) && answered.Kind == vendorapi.Rejected && answered.Status == http.StatusConflict {
		return &ConflictError{err}
	}
	return err
}

// RenameAccount gives an account another name, and leaves everything else of it as it is.
func (c *Client) RenameAccount(ctx context.Context, id, name string) error {
	if id == "" {
		return errors.New("synthesize: rename an account without id")
	}
	body := struct {
		Name string `json:"name"`
	}{name}
	return c.call(ctx, "rename account "+id, http.MethodPatch, "/organization/accounts/"+url.PathEscape(id), body,
		func(r *vendorapi.Request[Keys]) { r.Decode = written(classify) })
}

// decodeAccounts reads the bare array one account at a time. Anything else, null too, is an error: taken for an empty
// list, it would have every account made again.
func decodeAccounts(body io.Reader) ([]Account, error) {
	d := json.NewDecoder(body)
	switch open, err := d.Token(); {
	case errors.Is(err, io.EOF):
		return nil, errors.New("the answer is empty")
	case err != nil:
		return nil, err
	case open != json.Delim('['):
		return nil, errors.New("no list of accounts")
	}
	accounts := []Account{}
	for d.More() {
		var a struct {
			ID          string `json:"id"`
			Name        string `json:"name"`
			Description string `json:"description"`
			IsMapped    *bool  `json:"isMapped"`
			MappingID   string `json:"mappingId"`
		}
		if err := d.Decode(&a); err != nil {
			return nil, fmt.Errorf("account %d of the list: %w", len(accounts)+1, err)
		}
		if a.ID == "" {
			return nil, fmt.Errorf("account %d of the list has no id", len(accounts)+1)
		}
		if a.MappingID != "" {
			a.IsMapped = new(true)
		}
		accounts = append(accounts, Account{a.ID, a.Name, a.Description, a.IsMapped})
	}
	if _, err := d.Token(); err != nil { // the closing bracket
		return nil, err
	}
	return accounts, vendorapi.EndJSON(d)
}
