package sandbox

import (
	"fmt"
	"net/netip"
	"strings"
)

// issuer is who signs service account tokens.
const issuer = "https://kubernetes.default.svc.cluster.local"

// server is the address of the API server.
func (c *record) server() string {
	return fmt.Sprintf("https://%s", netip.AddrPortFrom(c.Subnet.control(), apiPort))
}

// controlSpec is the machine of the control plane, which also carries the
// sandbox's bridge and the cluster's DNS.
func controlSpec(c *record, l layout) machineSpec {
	name := controlName(c.Name)
	var toPods []route
	for _, n := range c.Nodes {
		toPods = append(toPods, route{Network: n.Pods.String(), Via: n.Address.String()})
	}
	services := route{Network: c.Subnet.services().String(), Via: c.Subnet.control().String()}
	return machineSpec{
		Name:    name,
		Dir:     l.machine(name),
		Cgroup:  l.machineCgroup(name),
		Binds:   c.binds(groupKubernetes, groupContainerd, groupCoreDNS),
		Sysctls: machineSysctls(),
		Network: network{
			Address: onNodeNetwork(c.Subnet.control()),
			Routes:  toPods,
			Switch: &switchSpec{
				HostLink:    l.hostLink(),
				HostAddress: onNodeNetwork(c.Subnet.host()),
				HostRoutes:  append([]route{services}, toPods...),
			},
		},
		Processes: controlProcesses(c),
	}
}

// controlProcesses are the programs of the control plane.
func controlProcesses(c *record) []process {
	api := "tcp:" + netip.AddrPortFrom(c.Subnet.control(), apiPort).String()
	return []process{
		{
			Name: "etcd", Env: []string{searchPath()},
			Args: []string{
				inside(groupContainerd, "etcd"), "--name=etcd", "--data-dir=/var/lib/etcd", "--unsafe-no-fsync",
				"--listen-client-urls=http://127.0.0.1:2379", "--advertise-client-urls=http://127.0.0.1:2379",
				"--listen-peer-urls=http://127.0.0.1:2380", "--initial-advertise-peer-urls=http://127.0.0.1:2380",
				"--initial-cluster=etcd=http://127.0.0.1:2380", "--auto-compaction-retention=1h",
			},
		},
		kubeProcess("kube-apiserver", "tcp:127.0.0.1:2379", apiServerFlags(c)...),
		kubeProcess("kube-controller-manager", api, controllerFlags(c)...),
		kubeProcess("kube-scheduler", api,
			"--kubeconfig="+kubeDir+"scheduler.kubeconfig", "--leader-elect=false", "--secure-port=0"),
		kubeProcess("kube-proxy", api, "--config="+kubeDir+"kube-proxy.json"),
		{
			Name: "coredns", Env: []string{searchPath()}, After: api,
			Args: []string{inside(groupCoreDNS, "coredns"), "-conf=" + kubeDir + "Corefile"},
		},
	}
}

// apiServerFlags configure the API server.
func apiServerFlags(c *record) []string {
	control := c.Subnet.control().String()
	return []string{
		"--advertise-address=" + control,
		"--bind-address=" + control,
		fmt.Sprintf("--secure-port=%d", apiPort),
		"--etcd-servers=http://127.0.0.1:2379",
		"--service-cluster-ip-range=" + c.Subnet.services().String(),
		"--authorization-mode=Node,RBAC",
		"--enable-admission-plugins=NodeRestriction",
		"--anonymous-auth=false",
		"--allow-privileged=true",
		"--client-ca-file=" + kubeDir + "ca.crt",
		"--tls-cert-file=" + kubeDir + "apiserver.crt",
		"--tls-private-key-file=" + kubeDir + "apiserver.key",
		"--kubelet-certificate-authority=" + kubeDir + "ca.crt",
		"--kubelet-client-certificate=" + kubeDir + "apiserver.crt",
		"--kubelet-client-key=" + kubeDir + "apiserver.key",
		"--kubelet-preferred-address-types=InternalIP",
		"--service-account-key-file=" + kubeDir + "tokens.pub",
		"--service-account-signing-key-file=" + kubeDir + "tokens.key",
		"--service-account-issuer=" + issuer,
		"--profiling=false",
	}
}

// controllerFlags configure the controller manager. A node that was switched
// off is noticed after twenty seconds rather than fifty.
func controllerFlags(c *record) []string {
	return []string{
		"--kubeconfig=" + kubeDir + "controller-manager.kubeconfig",
		"--leader-elect=false",
		"--secure-port=0",
		"--allocate-node-cidrs=false",
		"--cluster-cidr=" + c.Subnet.pods().String(),
		"--service-cluster-ip-range=" + c.Subnet.services().String(),
		"--use-service-account-credentials=true",
		"--root-ca-file=" + kubeDir + "ca.crt",
		"--cluster-signing-cert-file=" + kubeDir + "ca.crt",
		"--cluster-signing-key-file=" + kubeDir + "ca.key",
		"--service-account-private-key-file=" + kubeDir + "tokens.key",
		"--node-monitor-period=2s",
		"--node-monitor-grace-period=20s",
	}
}

// controlFiles are the files of the control plane's machine.
func controlFiles(c *record, a *credentials) (files, error) {
	f := commonFiles(c, controlName(c.Name))
	apiserver, err := a.issue(subject{
		name: userAPIServer,
		dns: []string{
			"kubernetes", "kubernetes.default", "kubernetes.default.svc", "kubernetes.default.svc.cluster.local",
			"localhost", controlName(c.Name),
		},
		ips: []netip.Addr{c.Subnet.control(), c.Subnet.apiService(), netip.MustParseAddr("127.0.0.1")},
	})
	if err != nil {
		return nil, err
	}
	f[kubeDir+"ca.crt"], f[kubeDir+"ca.key"] = a.pair.cert, a.pair.key
	f[kubeDir+"apiserver.crt"], f[kubeDir+"apiserver.key"] = apiserver.cert, apiserver.key
	f[kubeDir+"tokens.key"], f[kubeDir+"tokens.pub"] = a.tokenKey, a.tokenPublic
	f[kubeDir+"Corefile"] = []byte(corefile(c))
	for file, s := range map[string]subject{
		"controller-manager.kubeconfig": {name: "system:kube-controller-manager"},
		"scheduler.kubeconfig":          {name: "system:kube-scheduler"},
		"kube-proxy.kubeconfig":         {name: "system:kube-proxy"},
		"coredns.kubeconfig":            {name: userDNS},
	} {
		if f[kubeDir+file], err = a.kubeconfig(c, s); err != nil {
			return nil, err
		}
	}
	// The control plane is no node; its proxy serves the host and takes the first
	// worker's place, since it wants to be some node.
	f[kubeDir+"kube-proxy.json"], err = proxyConfig(c, workerName(c.Name, 0), c.Subnet.control())
	return f, err
}

// corefile configures the cluster's DNS. There is no way out of a sandbox, so
// names outside of it do not exist.
func corefile(c *record) string {
	var hosts strings.Builder
	for _, n := range c.Nodes {
		fmt.Fprintf(&hosts, "        %s %s\n", n.Address, n.Name)
	}
	return fmt.Sprintf(`.:53 {
    bind %[1]s
    errors
    ready 127.0.0.1:8181
    hosts {
        %[1]s %[2]s
%[3]s        fallthrough
    }
    kubernetes cluster.local in-addr.arpa {
        kubeconfig %[4]s
        pods insecure
        ttl 5
    }
    cache 5
    loadbalance
}
`, c.Subnet.control(), controlName(c.Name), hosts.String(), kubeDir+"coredns.kubeconfig")
}
