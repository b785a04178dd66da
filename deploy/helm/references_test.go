package helm

import (
	"slices"
	"testing"

	monitoringv1 "github.com/prometheus-operator/prometheus-operator/pkg/apis/monitoring/v1"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	policyv1 "k8s.io/api/policy/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"
)

// TestNamesLeadToEachOther checks what Kubernetes itself does not: a selector that selects nothing is valid there.
func TestNamesLeadToEachOther(t *testing.T) {
	t.Parallel()
	for name, values := range installations {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			objects := mustRender(t, values)
			deployment := only[*appsv1.Deployment](t, objects)
			pod := deployment.Spec.Template
			for _, selector := range podSelectors(objects) {
				if !matches(t, selector, pod.Labels) {
					t.Errorf("selector %v does not select the pods with %v", selector, pod.Labels)
				}
			}
			for _, port := range namedPorts(objects) {
				if !slices.ContainsFunc(pod.Spec.Containers[0].Ports, func(p corev1.ContainerPort) bool { return p.Name == port }) {
					t.Errorf("no port of the container is called %q", port)
				}
			}
			checkVolumes(t, objects, pod.Spec)
			if account := only[*corev1.ServiceAccount](t, objects); account.Name != pod.Spec.ServiceAccountName {
				t.Errorf("service account %q, want %q", pod.Spec.ServiceAccountName, account.Name)
			}
			checkMonitor(t, objects)
		})
	}
}

func matches(t *testing.T, selector *metav1.LabelSelector, of map[string]string) bool {
	t.Helper()
	compiled, err := metav1.LabelSelectorAsSelector(selector)
	if err != nil {
		t.Fatal(err)
	}
	return compiled.Matches(labels.Set(of)) && !compiled.Empty()
}

func podSelectors(objects []runtime.Object) []*metav1.LabelSelector {
	var selectors []*metav1.LabelSelector
	for _, object := range objects {
		switch object := object.(type) {
		case *appsv1.Deployment:
			selectors = append(selectors, object.Spec.Selector)
			for _, spread := range object.Spec.Template.Spec.TopologySpreadConstraints {
				selectors = append(selectors, spread.LabelSelector)
			}
		case *corev1.Service:
			selectors = append(selectors, &metav1.LabelSelector{MatchLabels: object.Spec.Selector})
		case *policyv1.PodDisruptionBudget:
			selectors = append(selectors, object.Spec.Selector)
		case *networkingv1.NetworkPolicy:
			selectors = append(selectors, &object.Spec.PodSelector)
		}
	}
	return selectors
}

func namedPorts(objects []runtime.Object) []string {
	var ports []string
	for _, object := range objects {
		switch object := object.(type) {
		case *appsv1.Deployment:
			container := object.Spec.Template.Spec.Containers[0]
			for _, probe := range []*corev1.Probe{container.StartupProbe, container.LivenessProbe, container.ReadinessProbe} {
				ports = append(ports, probe.HTTPGet.Port.StrVal)
			}
		case *corev1.Service:
			for _, port := range object.Spec.Ports {
				ports = append(ports, port.TargetPort.StrVal)
			}
		case *networkingv1.NetworkPolicy:
			for _, rule := range object.Spec.Ingress {
				for _, port := range rule.Ports {
					ports = append(ports, port.Port.StrVal)
				}
			}
		}
	}
	return ports
}

// checkVolumes looks for the volume of each mount, and for the objects behind the volumes that the chart makes.
func checkVolumes(t *testing.T, objects []runtime.Object, pod corev1.PodSpec) {
	t.Helper()
	volumes := map[string]corev1.Volume{}
	for _, volume := range pod.Volumes {
		volumes[volume.Name] = volume
	}
	mounted := pod.Containers[0].VolumeMounts
	for _, mount := range mounted {
		if _, found := volumes[mount.Name]; !found {
			t.Errorf("no volume %q to mount", mount.Name)
		}
	}
	if len(mounted) != len(volumes) {
		t.Errorf("%d volumes, %d mounts", len(volumes), len(mounted))
	}
	config := only[*corev1.ConfigMap](t, objects)
	if got := volumes["config"].ConfigMap.Name; got != config.Name {
		t.Errorf("config from %q, want %q", got, config.Name)
	}
	if claim := only[*corev1.PersistentVolumeClaim](t, objects); claim != nil {
		if got := volumes["ledger"].PersistentVolumeClaim.ClaimName; got != claim.Name {
			t.Errorf("ledger on %q, want %q", got, claim.Name)
		}
	}
}

// checkMonitor wants the service monitor, if there is one, to find exactly one service, and its port.
func checkMonitor(t *testing.T, objects []runtime.Object) {
	t.Helper()
	monitor := only[*monitoringv1.ServiceMonitor](t, objects)
	if monitor == nil {
		return
	}
	found := 0
	for _, object := range objects {
		service, ok := object.(*corev1.Service)
		if !ok || !matches(t, &monitor.Spec.Selector, service.Labels) {
			continue
		}
		found++
		for _, endpoint := range monitor.Spec.Endpoints {
			if !slices.ContainsFunc(service.Spec.Ports, func(p corev1.ServicePort) bool { return p.Name == endpoint.Port }) {
				t.Errorf("service %s has no port %q", service.Name, endpoint.Port)
			}
		}
	}
	if found != 1 {
		t.Errorf("the monitor finds %d services, want 1", found)
	}
}
