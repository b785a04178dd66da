package apidocs

import (
	"fmt"
	"net/http"

	"go.yaml.in/yaml/v3"

	"github.com/umgateway/umgateway/gen/openapi"
)

// openAPIPages are the OpenAPI document in its two forms. Their media types are those that IANA has for it.
func openAPIPages() (map[string]http.Handler, error) {
	return map[string]http.Handler{
		"GET /openapi.json": fixed("application/vnd.oai.openapi+json;version=3.1", openapi.Document),
		"GET /openapi.yaml": built("application/vnd.oai.openapi;version=3.1", openAPIInYAML),
	}, nil
}

func openAPIInYAML() ([]byte, error) {
	var tree yaml.Node // YAML holds JSON
	if err := yaml.Unmarshal(openapi.Document, &tree); err != nil {
		return nil, fmt.Errorf("read the openapi document: %w", err)
	}
	loosen(&tree)
	return yaml.Marshal(&tree)
}

// loosen has a tree written as people write YAML, and not as JSON.
func loosen(node *yaml.Node) {
	node.Style = 0
	for _, child := range node.Content {
		loosen(child)
	}
}
