package sandbox

import (
	"fmt"
	"net/netip"
	"strings"
)

// proxyHealthPort is where a kube-proxy says that its rules are in place.
const proxyHealthPort = 10256

// workerSpec is the machine of a worker.
func workerSpec(c *record, l layout, index int) machineSpec {
	n := c.Nodes[index]
	spec := machineSpec{
		Name:    n.Name,
		Dir:     l.machine(n.Name),
		Cgroup:  l.machineCgroup(n.Name),
		Binds:   c.binds(groupKubernetes, groupContainerd, groupRunc, groupMachine),
		Sysctls: machineSysctls(),
		Network: network{
			Address: onNodeNetwork(n.Address),
			Uplink:  l.machine(controlName(c.Name)),
			Port:    fmt.Sprintf("port%d", index+1),
		},
		Processes: []process{
			{
				Name: "containerd", Env: []string{searchPath()},
				Args: []string{inside(groupContainerd, "containerd"), "--config=/etc/containerd/config.toml"},
			},
			kubeProcess("kubelet", "unix:"+socket, kubeletFlags(n)...),
			kubeProcess("kube-proxy", "", "--config="+kubeDir+"kube-proxy.json"),
		},
	}
	for _, other := range c.Nodes {
		if other.Name != n.Name {
			spec.Network.Routes = append(spec.Network.Routes, route{Network: other.Pods.String(), Via: other.Address.String()})
		}
	}
	return spec
}

// kubeletFlags are what a kubelet's configuration file has no place for.
func kubeletFlags(n node) []string {
	labels := []string{
		"topology.kubernetes.io/region=" + region,
		"topology.kubernetes.io/zone=" + n.Zone,
		"node.kubernetes.io/instance-type=" + n.InstanceType,
	}
	return []string{
		"--config=" + kubeDir + "kubelet.json",
		"--kubeconfig=" + kubeDir + "kubelet.kubeconfig",
		"--root-dir=/var/lib/kubelet",
		"--cert-dir=/var/lib/kubelet/pki",
		"--hostname-override=" + n.Name,
		"--node-ip=" + n.Address.String(),
		"--node-labels=" + strings.Join(labels, ","),
	}
}

// workerFiles are the files of a worker's machine.
func workerFiles(c *record, a *credentials, n node) (files, error) {
	f := commonFiles(c, n.Name)
	serving, err := a.issue(subject{name: n.Name, dns: []string{n.Name}, ips: []netip.Addr{n.Address}})
	if err != nil {
		return nil, err
	}
	f[kubeDir+"ca.crt"] = a.pair.cert
	f[kubeDir+"kubelet.crt"], f[kubeDir+"kubelet.key"] = serving.cert, serving.key
	f["/etc/containerd/config.toml"] = []byte(containerdConfig())
	kubelet := subject{name: "system:node:" + n.Name, groups: []string{"system:nodes"}}
	if f[kubeDir+"kubelet.kubeconfig"], err = a.kubeconfig(c, kubelet); err != nil {
		return nil, err
	}
	if f[kubeDir+"kube-proxy.kubeconfig"], err = a.kubeconfig(c, subject{name: "system:kube-proxy"}); err != nil {
		return nil, err
	}
	if f[kubeDir+"kubelet.json"], err = kubeletConfig(c, n); err != nil {
		return nil, err
	}
	if f[kubeDir+"kube-proxy.json"], err = proxyConfig(c, n.Name, n.Address); err != nil {
		return nil, err
	}
	f["/etc/cni/net.d/10-sandbox.conflist"], err = cniConfig(n)
	return f, err
}

// containerdConfig configures the container runtime. Where a capability is
// missing, lowering a container's OOM score is not possible, so it is not tried;
// AppArmor profiles belong to the host, so none are loaded.
func containerdConfig() string {
	return fmt.Sprintf(`version = 3
root = "/var/lib/containerd"
state = "/run/containerd"

[grpc]
  address = %[1]q

[plugins.'io.containerd.cri.v1.runtime']
  restrict_oom_score_adj = true
  disable_apparmor = true

  [plugins.'io.containerd.cri.v1.runtime'.containerd]
    default_runtime_name = 'runc'

    [plugins.'io.containerd.cri.v1.runtime'.containerd.runtimes.runc]
      runtime_type = 'io.containerd.runc.v2'

      [plugins.'io.containerd.cri.v1.runtime'.containerd.runtimes.runc.options]
        BinaryName = %[2]q
        SystemdCgroup = false

  [plugins.'io.containerd.cri.v1.runtime'.cni]
    bin_dirs = [%[3]q]
    conf_dir = '/etc/cni/net.d'

[plugins.'io.containerd.cri.v1.images']
  snapshotter = 'overlayfs'

  [plugins.'io.containerd.cri.v1.images'.pinned_images]
    sandbox = %[4]q

[plugins.'io.containerd.nri.v1.nri']
  disable = true
`, socket, inside(groupMachine, "runtime"), toolsInside+groupContainerd, pauseImage)
}

// cniConfig gives every pod a cable of its own to the node, which routes: no
// bridge, so no packet between two pods of a node escapes the packet filter.
func cniConfig(n node) ([]byte, error) {
	return document(map[string]any{
		"cniVersion": "1.0.0",
		"name":       "sandbox",
		"plugins": []map[string]any{
			{
				"type": "ptp",
				"ipam": map[string]any{
					"type":    "host-local",
					"dataDir": "/run/cni/networks",
					"ranges":  [][]map[string]string{{{"subnet": n.Pods.String()}}},
					"routes":  []map[string]string{{"dst": "0.0.0.0/0"}},
				},
			},
			{
				"type": "portmap", "backend": "nftables", "snat": true,
				"capabilities": map[string]bool{"portMappings": true},
			},
		},
	})
}

// kubeletConfig configures a kubelet.
func kubeletConfig(c *record, n node) ([]byte, error) {
	return document(map[string]any{
		"apiVersion": "kubelet.config.k8s.io/v1beta1",
		"kind":       "KubeletConfiguration",
		"address":    n.Address,
		"authentication": map[string]any{
			"anonymous": map[string]any{"enabled": false},
			"webhook":   map[string]any{"enabled": true},
			"x509":      map[string]any{"clientCAFile": kubeDir + "ca.crt"},
		},
		"authorization":                 map[string]any{"mode": "Webhook"},
		"tlsCertFile":                   kubeDir + "kubelet.crt",
		"tlsPrivateKeyFile":             kubeDir + "kubelet.key",
		"providerID":                    n.ProviderID,
		"containerRuntimeEndpoint":      "unix://" + socket,
		"cgroupDriver":                  "cgroupfs",
		"cgroupRoot":                    "/",
		"failCgroupV1":                  false,
		"failSwapOn":                    false,
		"enforceNodeAllocatable":        []string{},
		"localStorageCapacityIsolation": false,
		"makeIPTablesUtilChains":        false,
		"evictionHard":                  map[string]string{"memory.available": "50Mi"},
		"imageGCHighThresholdPercent":   100,
		"clusterDNS":                    []string{c.Subnet.dns().String()},
		"clusterDomain":                 "cluster.local",
		"resolvConf":                    "/etc/resolv.conf",
		"nodeStatusUpdateFrequency":     "4s",
		"nodeLeaseDurationSeconds":      12,
		"volumePluginDir":               "/var/lib/kubelet/volume-plugins",
	})
}

// proxyConfig configures a kube-proxy in nftables mode.
func proxyConfig(c *record, node string, address netip.Addr) ([]byte, error) {
	return document(map[string]any{
		"apiVersion":         "kubeproxy.config.k8s.io/v1alpha1",
		"kind":               "KubeProxyConfiguration",
		"mode":               "nftables",
		"hostnameOverride":   node,
		"bindAddress":        address,
		"clusterCIDR":        c.Subnet.pods(),
		"detectLocalMode":    "ClusterCIDR",
		"clientConnection":   map[string]any{"kubeconfig": kubeDir + "kube-proxy.kubeconfig"},
		"healthzBindAddress": netip.AddrPortFrom(address, proxyHealthPort),
		"metricsBindAddress": "127.0.0.1:10249",
		"conntrack": map[string]any{
			"maxPerCore": 0, "min": 0, "tcpCloseWaitTimeout": "0s", "tcpEstablishedTimeout": "0s",
		},
	})
}
