package helm

import (
	"fmt"
	"strings"
	"testing"

	monitoringv1 "github.com/prometheus-operator/prometheus-operator/pkg/apis/monitoring/v1"
	"helm.sh/helm/v4/pkg/chart/common"
	"helm.sh/helm/v4/pkg/chart/common/util"
	"helm.sh/helm/v4/pkg/chart/v2/loader"
	"helm.sh/helm/v4/pkg/engine"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	kubernetes "k8s.io/client-go/kubernetes/scheme"
	"sigs.k8s.io/yaml"
)

// Values that together reach every branch of the templates, as a user would write them.
var installations = map[string]string{
	"the defaults": "",
	"one pod and its disk": `
settings:
  backend-url: https://exchange.example.com/UnifiedMessaging/Service.asmx
  backend-auth: ntlm
  backend-password-file: /etc/umgateway/secrets/exchange/password
config: {limits: {per_caller: {rate: 20, burst: 40}}}
secrets: [exchange]
configMaps: [corporate-ca]
image: {digest: "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"}
ledger: {disk: {storageClass: fast, size: 2Gi, accessModes: [ReadWriteOncePod]}}
serviceAccount: {annotations: {example.com/a: b}}
`,
	"a volume that exists": `
ledger: {disk: {existingClaim: old-ledger}}
podDisruptionBudget: {enabled: false}
networkPolicy: {enabled: false}
`,
	"several pods and Redis": `
replicas: 3
secrets: [redis]
ledger:
  store: redis
  redis: {address: "redis.example.com:6379", username: um, passwordFile: /etc/umgateway/secrets/redis/password}
imagePullSecrets: [{name: pull}]
priorityClassName: high
nodeSelector: {kubernetes.io/os: linux}
tolerations: [{key: a, operator: Exists}]
affinity: {nodeAffinity: {}}
podAnnotations: {example.com/a: b}
podLabels: {example.com/c: d}
extraEnv: [{name: GOMEMLIMIT, value: 200MiB}]
`,
	"autoscaled and watched": `
ledger: {store: redis, redis: {address: "redis.example.com:6379", tls: false}}
autoscaling: {enabled: true}
serviceMonitor: {enabled: true, labels: {release: prometheus}}
service: {type: LoadBalancer, annotations: {example.com/a: b}}
networkPolicy:
  callers: [{podSelector: {}}]
  monitoring: [{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: monitoring}}}]
  egress: [{to: [{ipBlock: {cidr: 192.0.2.0/24}}], ports: [{port: 443}]}]
`,
}

// renderFiles returns what helm makes of the templates.
func renderFiles(t *testing.T, values string) (map[string]string, error) {
	t.Helper()
	chart, err := loader.LoadDir("umgateway")
	if err != nil {
		t.Fatal(err)
	}
	given := map[string]any{}
	if err := yaml.Unmarshal([]byte(values), &given); err != nil {
		t.Fatal(err)
	}
	release := common.ReleaseOptions{Name: "um", Namespace: "telephony", IsInstall: true}
	complete, err := util.ToRenderValues(chart, given, release, nil)
	if err != nil {
		return nil, err
	}
	return engine.Engine{Strict: true}.RenderWithContext(t.Context(), chart, complete)
}

// render returns the objects that helm would send to a cluster for the values, or its refusal.
func render(t *testing.T, values string) ([]runtime.Object, error) {
	t.Helper()
	files, err := renderFiles(t, values)
	if err != nil {
		return nil, err
	}
	var objects []runtime.Object
	for name, text := range files {
		if strings.HasSuffix(name, ".txt") || strings.HasSuffix(name, ".tpl") {
			continue
		}
		for document := range strings.SplitSeq(text, "\n---\n") {
			if strings.TrimSpace(document) == "" {
				continue
			}
			object, err := decode(document)
			if err != nil {
				return nil, fmt.Errorf("%s: %w\n%s", name, err, document)
			}
			objects = append(objects, object)
		}
	}
	return objects, nil
}

// decode reads a document as an API server does that refuses unknown and repeated fields.
func decode(document string) (runtime.Object, error) {
	scheme := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{kubernetes.AddToScheme, monitoringv1.AddToScheme} {
		if err := add(scheme); err != nil {
			return nil, err
		}
	}
	decoder := serializer.NewCodecFactory(scheme, serializer.EnableStrict).UniversalDeserializer()
	object, _, err := decoder.Decode([]byte(document), nil, nil)
	return object, err
}

// mustRender is render for values that are accepted.
func mustRender(t *testing.T, values string) []runtime.Object {
	t.Helper()
	objects, err := render(t, values)
	if err != nil {
		t.Fatal(err)
	}
	return objects
}

// only returns the one object of type T, or the zero value if there is none.
func only[T runtime.Object](t *testing.T, objects []runtime.Object) (found T) {
	t.Helper()
	count := 0
	for _, object := range objects {
		if object, ok := object.(T); ok {
			found, count = object, count+1
		}
	}
	if count > 1 {
		t.Fatalf("%d objects of type %T, want one at most", count, found)
	}
	return found
}
