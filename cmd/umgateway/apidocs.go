package main

import (
	"maps"
	"net/http"

	"github.com/umgateway/umgateway/docs"
	"github.com/umgateway/umgateway/gateway"
	"github.com/umgateway/umgateway/internal/apidocs"
)

// addDocs puts the documentation of the API beside the rpcs, unless it is turned off.
func (f *frontFlags) addDocs(config *gateway.Config) error {
	if !f.Docs {
		return nil
	}
	pages, err := apidocs.Pages(docs.Reasons)
	if err != nil {
		return err
	}
	if config.Pages == nil {
		config.Pages = map[string]http.Handler{}
	}
	maps.Copy(config.Pages, pages)
	return nil
}
