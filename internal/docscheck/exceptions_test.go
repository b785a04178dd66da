package docscheck

// notRun are the blocks that are not run, by their first line, with the reason.
var notRun = []struct{ page, first, reason string }{
	{"README.md", "go test ./...", "these are the tests"},
	{"deploy/README.md", "make dist    # dist/umgateway: static, stripped, knows its version and commit", "the continuous integration does, by make reproducible"},
	{"deploy/README.md", "podman build --file deploy/container/Containerfile --tag umgateway .", "needs a registry of images; the recipe is tested in deploy/container"},
	{"deploy/README.md", "helm install um deploy/helm/umgateway --values values.yaml", "needs a cluster; the chart is tested in deploy/helm"},
	{"deploy/README.md", "install dist/umgateway /usr/bin/", "changes the machine; the unit is tested in deploy/systemd"},
	{"docs/adding-an-operation.md", "make generate", "comes after a change to the schema; the continuous integration generates and tests the one there is"},
	{"docs/connecting.md", `go run ./cmd/umgateway doctor --backend-url https://mail.example.com/UnifiedMessaging/Service.asmx \`,
		"needs an Exchange server; internal/doctor and internal/interop do this before others"},
	{"docs/console.md", "cd internal/console/browsertest && go test -tags interop ./...", "the continuous integration does, by .ci/modules"},
	{"docs/umctl.md", "source <(umctl completion zsh)", "is for another shell; cmd/umctl tests it there"},
	{"docs/umctl.md", "umctl completion fish | source", "is for another shell; cmd/umctl tests it there"},
}
