package sandbox

// machineSpec is what the machine program reads; its module has the same
// type, and refuses a field it does not know.
type machineSpec struct {
	Name      string            `json:"name"`
	Dir       string            `json:"dir"`
	Cgroup    string            `json:"cgroup"`
	Binds     []bind            `json:"binds"`
	Sysctls   map[string]string `json:"sysctls"`
	Network   network           `json:"network"`
	Processes []process         `json:"processes"`
}

// bind shows a directory of the host to the machine, read-only.
type bind struct {
	Source string `json:"source"`
	Target string `json:"target"`
}

// network is a machine's cabling.
type network struct {
	Address string      `json:"address"`
	Routes  []route     `json:"routes"`
	Switch  *switchSpec `json:"switch,omitempty"`
	Uplink  string      `json:"uplink,omitempty"`
	Port    string      `json:"port,omitempty"`
}

// switchSpec is the sandbox's bridge and its one cable to the host.
type switchSpec struct {
	HostLink    string  `json:"hostLink"`
	HostAddress string  `json:"hostAddress"`
	HostRoutes  []route `json:"hostRoutes"`
}

// route sends a network to a gateway.
type route struct {
	Network string `json:"network"`
	Via     string `json:"via"`
}

// process is a program that the machine keeps running.
type process struct {
	Name  string   `json:"name"`
	Args  []string `json:"args"`
	Env   []string `json:"env"`
	After string   `json:"after,omitempty"`
}

// The groups of programs, each built from a module of its own, and where a
// machine sees them.
const (
	groupKubernetes = "kubernetes"
	groupContainerd = "containerd"
	groupRunc       = "runc"
	groupCoreDNS    = "coredns"
	groupPrometheus = "prometheus"
	groupMachine    = "machine"

	toolsInside = "/opt/shakedown/"
	kubeDir     = "/etc/kubernetes/"
	socket      = "/run/containerd/containerd.sock"
)

// inside is the path of a program in a machine.
func inside(group, program string) string { return toolsInside + group + "/" + program }

// searchPath is the PATH of a machine's processes.
func searchPath() string {
	return "PATH=" + toolsInside + groupContainerd + ":" + toolsInside + groupRunc + ":/usr/sbin:/usr/bin:/sbin:/bin"
}

// kubeProcess runs one of the Kubernetes programs.
func kubeProcess(name, after string, flags ...string) process {
	args := append([]string{inside(groupKubernetes, "kubernetes"), name}, flags...)
	return process{Name: name, Args: args, Env: []string{searchPath()}, After: after}
}

// machineSysctls are set in every machine's own network namespace: machines
// route between pods, and the bridge does not pass through the packet filter.
func machineSysctls() map[string]string {
	return map[string]string{
		"net/ipv4/ip_forward":                "1",
		"net/bridge/bridge-nf-call-iptables": "0",
		// What is left of connections must not keep the namespace for minutes.
		"net/ipv4/tcp_orphan_retries": "1",
	}
}
