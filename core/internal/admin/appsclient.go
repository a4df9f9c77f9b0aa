package admin

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"

	"github.com/jackfield/jackfield/core/internal/appadmin"
)

var _ appadmin.Admin = Client{}

// List is that of appadmin.Admin.
func (c Client) List(ctx context.Context, page string, limit int, secrets bool) (appadmin.Page, error) {
	query := asked(secrets)
	query.Set("page", page)
	query.Set("limit", strconv.Itoa(limit))
	var p appadmin.Page
	err := c.call(ctx, http.MethodGet, "/admin/apps?"+query.Encode(), nil, &p)
	return p, err
}

// Show is that of appadmin.Admin.
func (c Client) Show(ctx context.Context, id string, secrets bool) (json.RawMessage, error) {
	return c.app(ctx, http.MethodGet, "/admin/apps/"+url.PathEscape(id), asked(secrets), nil)
}

// Add is that of appadmin.Admin.
func (c Client) Add(ctx context.Context, doc json.RawMessage, secrets bool) (json.RawMessage, error) {
	return c.app(ctx, http.MethodPost, "/admin/apps", asked(secrets), doc)
}

// Change is that of appadmin.Admin.
func (c Client) Change(ctx context.Context, id string, patch json.RawMessage, revision uint64, secrets bool) (json.RawMessage, error) {
	return c.app(ctx, http.MethodPatch, "/admin/apps/"+url.PathEscape(id), seen(asked(secrets), revision), patch)
}

// RotateSecret is that of appadmin.Admin.
func (c Client) RotateSecret(ctx context.Context, id string, how appadmin.Rotation, secrets bool) (json.RawMessage, error) {
	return c.app(ctx, http.MethodPost, "/admin/apps/"+url.PathEscape(id)+"/rotate-secret", asked(secrets), how)
}

// Remove is that of appadmin.Admin.
func (c Client) Remove(ctx context.Context, id string, revision uint64) error {
	_, err := c.app(ctx, http.MethodDelete, "/admin/apps/"+url.PathEscape(id), seen(url.Values{}, revision), nil)
	return err
}

func (c Client) app(ctx context.Context, method, path string, query url.Values, in any) (json.RawMessage, error) {
	var doc json.RawMessage
	err := c.call(ctx, method, path+"?"+query.Encode(), in, &doc)
	return doc, err
}

func asked(secrets bool) url.Values {
	if secrets {
		return url.Values{"secrets": {"true"}}
	}
	return url.Values{}
}

func seen(query url.Values, revision uint64) url.Values {
	if revision != 0 {
		query.Set("revision", strconv.FormatUint(revision, 10))
	}
	return query
}
