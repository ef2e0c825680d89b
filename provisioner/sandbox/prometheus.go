package sandbox

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"time"

	"github.com/shakedown-dev/shakedown/events"
)

// prometheusPort is where the add-on listens, on the sandbox's own network.
const prometheusPort = 9090

// DefaultScrapeInterval is how often pods are scraped where nothing else is said.
const DefaultScrapeInterval = time.Second

// PrometheusOptions say how the add-on works.
type PrometheusOptions struct {
	// ScrapeInterval is how often every pod is scraped; DefaultScrapeInterval if
	// zero.
	ScrapeInterval time.Duration
}

// StartPrometheus starts a Prometheus beside the cluster and returns its URL
// when it answers. It is a machine of the sandbox, so it listens on the
// sandbox's network only, survives this process, and ends with Destroy.
//
// It scrapes every pod with the annotation prometheus.io/scrape: "true", at the
// port and path of prometheus.io/port and prometheus.io/path, and labels what
// it finds with namespace, pod, node and app (the pod's label
// app.kubernetes.io/name). Starting it again with the same options changes
// nothing; with others, it keeps its data and starts over.
func (d *Driver) StartPrometheus(ctx context.Context, cluster string, o PrometheusOptions) (string, error) {
	s, unlock, err := d.open(ctx, cluster)
	if err != nil {
		return "", err
	}
	defer unlock()
	if s.record.State != stateRunning {
		return "", s.halfMade()
	}
	url, err := s.startPrometheus(ctx, o)
	if err != nil {
		return "", fmt.Errorf("prometheus of cluster %s: %w", cluster, err)
	}
	d.log.InfoContext(ctx, "prometheus runs", "cluster", cluster, "url", url)
	return url, nil
}

// halfMade is the error for a sandbox that can only be destroyed.
func (s *sandbox) halfMade() error {
	return events.Errorf(events.KindUnavailable, "shakedown cluster destroy "+s.record.Name,
		"cluster %s is half made", s.record.Name)
}

// startPrometheus makes the add-on what it should be and waits until it answers.
func (s *sandbox) startPrometheus(ctx context.Context, o PrometheusOptions) (string, error) {
	if o.ScrapeInterval == 0 {
		o.ScrapeInterval = DefaultScrapeInterval
	}
	name := metricsName(s.record.Name)
	config := []byte(prometheusConfig(o))
	same, err := s.runsWith(name, config)
	if err != nil {
		return "", err
	}
	if !same {
		if err := s.restartPrometheus(ctx, name, config); err != nil {
			return "", err
		}
	}
	url := fmt.Sprintf("http://%s", netip.AddrPortFrom(s.record.Subnet.metrics(), prometheusPort))
	ctx, cancel := context.WithTimeout(ctx, readyTimeout)
	defer cancel()
	return url, poll(ctx, func() (bool, error) { return answers(ctx, url+"/-/ready"), nil })
}

// runsWith reports whether the machine is on and has this configuration.
func (s *sandbox) runsWith(name string, config []byte) (bool, error) {
	p, err := s.process1(name)
	if err != nil || !p.alive() {
		return false, err
	}
	have, err := os.ReadFile(filepath.Join(s.layout.machine(name), prometheusFile))
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return bytes.Equal(have, config), err
}

// restartPrometheus switches the add-on's machine off and on with its files.
func (s *sandbox) restartPrometheus(ctx context.Context, name string, config []byte) error {
	if err := s.powerOff(ctx, name); err != nil {
		return err
	}
	access, err := os.ReadFile(filepath.Join(s.layout.pki(), "prometheus.kubeconfig"))
	if err != nil {
		return err
	}
	f := commonFiles(s.record, name)
	f[prometheusFile] = config
	f[kubeDir+"prometheus.kubeconfig"] = access
	if err := f.write(s.layout.machine(name)); err != nil {
		return err
	}
	return s.startMachine(ctx, prometheusSpec(s.record, s.layout))
}

// prometheusFile is the configuration, as the add-on's machine sees it.
const prometheusFile = "/etc/prometheus/prometheus.yml"

// prometheusSpec is the add-on's machine.
func prometheusSpec(c *record, l layout) machineSpec {
	name := metricsName(c.Name)
	spec := machineSpec{
		Name:    name,
		Dir:     l.machine(name),
		Cgroup:  l.machineCgroup(name),
		Binds:   c.binds(groupPrometheus),
		Sysctls: machineSysctls(),
		Network: network{
			Address: onNodeNetwork(c.Subnet.metrics()),
			Uplink:  l.machine(controlName(c.Name)),
			Port:    "metrics",
		},
		Processes: []process{{
			Name: "prometheus", Env: []string{searchPath()},
			Args: []string{
				inside(groupPrometheus, "prometheus"), "--config.file=" + prometheusFile,
				"--storage.tsdb.path=/var/lib/prometheus", "--storage.tsdb.retention.time=15d",
				"--web.listen-address=" + netip.AddrPortFrom(c.Subnet.metrics(), prometheusPort).String(),
			},
		}},
	}
	for _, n := range c.Nodes {
		spec.Network.Routes = append(spec.Network.Routes, route{Network: n.Pods.String(), Via: n.Address.String()})
	}
	return spec
}

// prometheusConfig discovers pods by their annotations.
func prometheusConfig(o PrometheusOptions) string {
	return fmt.Sprintf(`global:
  scrape_interval: %[1]s
  scrape_timeout: %[1]s
  evaluation_interval: %[1]s
scrape_configs:
  - job_name: pods
    kubernetes_sd_configs:
      - role: pod
        kubeconfig_file: %[2]s
    relabel_configs:
      - source_labels: [__meta_kubernetes_pod_annotation_prometheus_io_scrape]
        regex: "true"
        action: keep
      - source_labels: [__meta_kubernetes_pod_phase]
        regex: Succeeded|Failed
        action: drop
      - source_labels: [__meta_kubernetes_pod_annotation_prometheus_io_path]
        regex: (.+)
        target_label: __metrics_path__
      - source_labels: [__meta_kubernetes_pod_ip, __meta_kubernetes_pod_annotation_prometheus_io_port]
        regex: (.+);(\d+)
        replacement: $1:$2
        target_label: __address__
      - source_labels: [__meta_kubernetes_namespace]
        target_label: namespace
      - source_labels: [__meta_kubernetes_pod_name]
        target_label: pod
      - source_labels: [__meta_kubernetes_pod_node_name]
        target_label: node
      - source_labels: [__meta_kubernetes_pod_label_app_kubernetes_io_name]
        target_label: app
`, o.ScrapeInterval, kubeDir+"prometheus.kubeconfig")
}

// answers reports whether a GET is answered with 200.
func answers(ctx context.Context, url string) bool {
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return false
	}
	transport := &http.Transport{DisableKeepAlives: true}
	response, err := transport.RoundTrip(request)
	if err != nil {
		return false
	}
	return response.Body.Close() == nil && response.StatusCode == http.StatusOK
}
