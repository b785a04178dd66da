package helm

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	psa "k8s.io/pod-security-admission/api"
	"k8s.io/pod-security-admission/policy"

	"helm.sh/helm/v4/pkg/chart/v2/lint"
)

func TestKubernetesKnowsEveryField(t *testing.T) {
	t.Parallel()
	kinds := map[string][]string{
		"the defaults":           {"ConfigMap", "Deployment", "NetworkPolicy", "PersistentVolumeClaim", "PodDisruptionBudget", "Service", "ServiceAccount"},
		"one pod and its disk":   {"ConfigMap", "Deployment", "NetworkPolicy", "PersistentVolumeClaim", "PodDisruptionBudget", "Service", "ServiceAccount"},
		"a volume that exists":   {"ConfigMap", "Deployment", "Service", "ServiceAccount"},
		"several pods and Redis": {"ConfigMap", "Deployment", "NetworkPolicy", "PodDisruptionBudget", "Service", "ServiceAccount"},
		"autoscaled and watched": {"ConfigMap", "Deployment", "HorizontalPodAutoscaler", "NetworkPolicy", "PodDisruptionBudget", "Service", "Service", "ServiceAccount", "ServiceMonitor"},
	}
	for name, values := range installations {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var got []string
			for _, object := range mustRender(t, values) {
				got = append(got, object.GetObjectKind().GroupVersionKind().Kind)
			}
			slices.Sort(got)
			if !slices.Equal(got, kinds[name]) {
				t.Errorf("rendered %q, want %q", got, kinds[name])
			}
		})
	}
}

func TestHelmFindsNoFault(t *testing.T) {
	t.Parallel()
	for _, message := range lint.RunAll("umgateway", nil, "telephony").Messages {
		if !strings.Contains(message.Error(), "icon is recommended") {
			t.Error(message)
		}
	}
}

func TestPodKeepsTheRestrictedSecurityStandard(t *testing.T) {
	t.Parallel()
	evaluator, err := policy.NewEvaluator(policy.DefaultChecks(), nil)
	if err != nil {
		t.Fatal(err)
	}
	restricted := psa.LevelVersion{Level: psa.LevelRestricted, Version: psa.LatestVersion()}
	for name, values := range installations {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			pod := only[*appsv1.Deployment](t, mustRender(t, values)).Spec.Template
			for _, result := range evaluator.EvaluatePod(restricted, &pod.ObjectMeta, &pod.Spec) {
				if !result.Allowed {
					t.Errorf("%s: %s", result.ForbiddenReason, result.ForbiddenDetail)
				}
			}
			container := pod.Spec.Containers[0]
			if ro := container.SecurityContext.ReadOnlyRootFilesystem; ro == nil || !*ro {
				t.Error("the root file system can be written")
			}
			if mount := pod.Spec.AutomountServiceAccountToken; mount == nil || *mount {
				t.Error("the pod gets a token for the Kubernetes API")
			}
		})
	}
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ rule, values, want string }{
		{"two pods do not share a disk's ledger", "replicas: 2", "set ledger.store to redis"},
		{"autoscaling does not share a disk's ledger", "autoscaling: {enabled: true}", "set ledger.store to redis"},
		{"redis needs an address", "ledger: {store: redis}", "set ledger.redis.address"},
		{"redis credentials do not stand in the address", `ledger: {store: redis, redis: {address: "um:pw@redis:6379"}}`, "pattern"},
		{"a misspelt value is not ignored", "replica: 2", "replica"},
		{"a misspelt value deep inside is not ignored", "ledger: {redis: {adress: x}}", "adress"},
		{"an unknown store", "ledger: {store: none}", "store"},
		{"the chart's own flags are not settings", "settings: {admin-addr: ':1'}", "admin-addr"},
		{"settings are named like flags", "settings: {--backend-url: x}", "--backend-url"},
		{"a volume for many nodes", "ledger: {disk: {accessModes: [ReadWriteMany]}}", "accessModes"},
	} {
		t.Run(test.rule, func(t *testing.T) {
			t.Parallel()
			_, err := render(t, test.values)
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error %v, want one with %q", err, test.want)
			}
		})
	}
}

func TestSettingsBecomeVariables(t *testing.T) {
	t.Parallel()
	objects := mustRender(t, `
settings:
  backend-url: [https://a.example.com/x, https://b.example.com/x]
  max-timeout: 30s
  backend-allow-insecure-basic: false
  max-request-bytes: 4194304
  rate: 0.5
ledger: {store: redis, redis: {address: "redis:6379", username: um, passwordFile: /etc/umgateway/secrets/redis/password}}
`)
	got := map[string]string{}
	for _, variable := range only[*appsv1.Deployment](t, objects).Spec.Template.Spec.Containers[0].Env {
		got[variable.Name] = variable.Value
	}
	for name, want := range map[string]string{
		"UMGATEWAY_BACKEND_URL":                  "https://a.example.com/x,https://b.example.com/x",
		"UMGATEWAY_MAX_TIMEOUT":                  "30s",
		"UMGATEWAY_BACKEND_ALLOW_INSECURE_BASIC": "false",
		"UMGATEWAY_MAX_REQUEST_BYTES":            "4194304",
		"UMGATEWAY_RATE":                         "0.5",
		"UMGATEWAY_LEDGER":                       "rediss://redis:6379",
		"UMGATEWAY_LEDGER_REDIS_USERNAME":        "um",
		"UMGATEWAY_LEDGER_REDIS_PASSWORD_FILE":   "/etc/umgateway/secrets/redis/password",
		"UMGATEWAY_CONFIG":                       "/etc/umgateway/config/config.yaml",
		"UMGATEWAY_HTTP_ADDR":                    ":8080",
		"UMGATEWAY_GRPC_ADDR":                    ":9090",
		"UMGATEWAY_ADMIN_ADDR":                   ":9091",
	} {
		if got[name] != want {
			t.Errorf("%s=%q, want %q", name, got[name], want)
		}
	}
}

func TestDisksLedgerHasOneOwner(t *testing.T) {
	t.Parallel()
	deployment := only[*appsv1.Deployment](t, mustRender(t, ""))
	if got := deployment.Spec.Strategy.Type; got != appsv1.RecreateDeploymentStrategyType {
		t.Errorf("strategy %s would run the old and the new pod side by side", got)
	}
	if got := *deployment.Spec.Replicas; got != 1 {
		t.Errorf("%d replicas, want 1", got)
	}
	claim := only[*corev1.PersistentVolumeClaim](t, mustRender(t, ""))
	if got := claim.Annotations["helm.sh/resource-policy"]; got != "keep" {
		t.Errorf("resource policy %q: an uninstall would forget what was dialled", got)
	}
}

func TestAutoscalerAloneSetsTheReplicas(t *testing.T) {
	t.Parallel()
	objects := mustRender(t, installations["autoscaled and watched"])
	deployment, scaler := only[*appsv1.Deployment](t, objects), only[*autoscalingv2.HorizontalPodAutoscaler](t, objects)
	if deployment.Spec.Replicas != nil {
		t.Errorf("the deployment sets %d replicas too", *deployment.Spec.Replicas)
	}
	if got, want := scaler.Spec.ScaleTargetRef, fmt.Sprint("apps/v1 Deployment ", deployment.Name); want != fmt.Sprint(got.APIVersion, " ", got.Kind, " ", got.Name) {
		t.Errorf("scales %v, want %s", got, want)
	}
	if *scaler.Spec.MinReplicas < 2 {
		t.Error("one pod alone is left when load is low")
	}
}

func TestDisruptionsAreAllowedOneByOne(t *testing.T) {
	t.Parallel()
	for name, values := range installations {
		budget := only[*policyv1.PodDisruptionBudget](t, mustRender(t, values))
		if budget == nil {
			continue
		}
		if budget.Spec.MinAvailable != nil || budget.Spec.MaxUnavailable.IntValue() != 1 {
			t.Errorf("%s: %v would keep a node with a single pod from being drained", name, budget.Spec)
		}
	}
}

func TestCallsInFlightMayFinish(t *testing.T) {
	t.Parallel()
	const longestCall = 60 // seconds: the default of --max-timeout
	pod := only[*appsv1.Deployment](t, mustRender(t, "")).Spec.Template.Spec
	wait := pod.Containers[0].Lifecycle.PreStop.Sleep.Seconds
	if got := *pod.TerminationGracePeriodSeconds; got < wait+longestCall {
		t.Errorf("the pod is killed after %ds, want at least %d+%d", got, wait, longestCall)
	}
}

func TestNotesSayWhyThePodWillNotStart(t *testing.T) {
	t.Parallel()
	const backend = "settings: {backend-url: https://a.example.com/x%s}\n"
	for name, test := range map[string]struct{ values, want string }{
		"nothing is set":     {"", "No backend is set"},
		"nobody may call":    {fmt.Sprintf(backend, ""), "Nothing says who may call"},
		"everybody may call": {fmt.Sprintf(backend, ", allow-anonymous: true"), ""},
		"users of Exchange":  {fmt.Sprintf(backend, ", backend-identity: caller-basic"), ""},
		"as documented":      {printedValues(t), ""},
	} {
		files, err := renderFiles(t, test.values)
		if err != nil {
			t.Fatal(err)
		}
		notes := files["umgateway/templates/NOTES.txt"]
		if !strings.Contains(notes, test.want) || strings.Contains(notes, "will not start") != (test.want != "") {
			t.Errorf("%s: %s", name, notes)
		}
	}
}
