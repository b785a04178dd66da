// Package helm tests the chart in umgateway: it renders the chart as helm does and reads the result as Kubernetes does.
package helm
