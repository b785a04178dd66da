package main

import (
	"context"
	"errors"
	"log/slog"

	"github.com/umgateway/umgateway/internal/exchange"
	"github.com/umgateway/umgateway/soapbridge"
	"github.com/umgateway/umgateway/soapbridge/transport"
)

// backendFlags say how the gateway reaches Exchange.
type backendFlags struct {
	BackendURL       string `name:"backend-url" placeholder:"URL" help:"Address of the Unified Messaging web service, such as https://mail.example.com/UnifiedMessaging/Service.asmx."`
	BackendNamespace string `enum:"auto,http,https" default:"auto" help:"Scheme of the XML namespace that the server knows: ${enum} (${default})."`
	BackendFolderID  string `name:"backend-folder-id-element" enum:"base64FolderID,base64FolderId" default:"base64FolderID" help:"Spelling of the folder id's element in SetTelephoneAccessFolderEmail: ${enum} (${default})."`
}

var errNoBackend = errors.New(`serve: no backend is set
Say where Exchange is:    umgateway serve --backend-url https://mail.example.com/UnifiedMessaging/Service.asmx
or by the environment:    UMGATEWAY_BACKEND_URL=…
Without Exchange at hand: umgateway demo`)

// backend is the connection to Exchange.
type backend struct {
	bridge *soapbridge.Bridge
	client *transport.Client
}

func (f *backendFlags) open(logger *slog.Logger) (*backend, error) {
	dialect, err := exchange.Dialect(exchange.Spelling(f.BackendFolderID))
	if err != nil {
		return nil, err
	}
	options, err := exchange.NamespaceOptions(f.BackendNamespace)
	if err != nil {
		return nil, err
	}
	client, err := transport.New(transport.Config{URL: f.BackendURL})
	if err != nil {
		return nil, err
	}
	options = append(options, soapbridge.WithObserver(observer(logger)))
	bridge, err := soapbridge.New(dialect, client, exchange.Services(), options...)
	if err != nil {
		return nil, errors.Join(err, client.Close())
	}
	return &backend{bridge: bridge, client: client}, nil
}

// observer logs each exchange at the debug level, and whatever the backend wrote that the schema does not know.
func observer(logger *slog.Logger) soapbridge.Observer {
	return func(ctx context.Context, e soapbridge.Exchange) {
		for _, unknown := range e.Unknown {
			logger.WarnContext(ctx, "the backend wrote a value that the schema does not know",
				"operation", e.Operation, "field", unknown.Field, "text", unknown.Text)
		}
		if e.Dropped > 0 {
			logger.WarnContext(ctx, "the backend wrote characters that XML forbids", "operation", e.Operation, "count", e.Dropped)
		}
		logger.DebugContext(ctx, "soap exchange", "operation", e.Operation, "namespace", e.Form, "endpoint", e.Endpoint,
			"http_status", e.Status, "request_bytes", e.RequestBytes, "reply_bytes", e.ReplyBytes, "duration", e.Duration)
	}
}
