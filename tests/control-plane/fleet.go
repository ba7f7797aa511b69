package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"strconv"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/intstr"
)

const (
	// rigNodeLabel is on the nodes of --nodes, and not on those that --pods brings.
	rigNodeLabel = "rig.skylark/node"
	// writtenAnnotation is on every pod that we wrote: its status stays as it is.
	writtenAnnotation = "rig.skylark/written"
	// frozenAnnotation is on the pods that stay Terminating.
	frozenAnnotation = "rig.skylark/frozen"
)

func namespace(name string, created time.Time) object {
	return object{"/registry/namespaces/" + name, &corev1.Namespace{
		ObjectMeta: metav1.ObjectMeta{
			Name: name, UID: uid(rand.Uint64()), CreationTimestamp: metav1.NewTime(created),
			Labels: map[string]string{corev1.LabelMetadataName: name},
		},
		Spec:   corev1.NamespaceSpec{Finalizers: []corev1.FinalizerName{corev1.FinalizerKubernetes}},
		Status: corev1.NamespaceStatus{Phase: corev1.NamespaceActive},
	}}
}

// rigNode is a node as a kubelet registers it; kwok does the rest.
func rigNode(i int) object {
	name := fmt.Sprintf("rig-node-%d", i+1)
	size := nodeSize("32", "128Gi", "1000")
	return object{"/registry/minions/" + name, &corev1.Node{
		ObjectMeta: metav1.ObjectMeta{
			Name: name, UID: uid(rand.Uint64()), CreationTimestamp: metav1.Now(),
			Labels: map[string]string{
				rigNodeLabel: "true", corev1.LabelHostname: name, corev1.LabelOSStable: "linux", corev1.LabelArchStable: "amd64",
				"node-role.kubernetes.io/worker": "", corev1.LabelTopologyRegion: "eu-west-1", corev1.LabelTopologyZone: zone(i),
			},
			Annotations: map[string]string{"kwok.x-k8s.io/node": "fake"},
		},
		Status: corev1.NodeStatus{Capacity: size, Allocatable: size, NodeInfo: corev1.NodeSystemInfo{KubeletVersion: kubernetesVersion()}},
	}}
}

func nodeSize(cpu, memory, pods string) corev1.ResourceList {
	return corev1.ResourceList{
		corev1.ResourceCPU: resource.MustParse(cpu), corev1.ResourceMemory: resource.MustParse(memory), corev1.ResourcePods: resource.MustParse(pods),
		corev1.ResourceEphemeralStorage: resource.MustParse("200Gi"),
	}
}

func zone(i int) string { return "eu-west-1" + string(rune('a'+i%3)) }

// uid is a UUID made of one number.
func uid(n uint64) types.UID {
	r := rand.New(rand.NewPCG(n, 0x75696400))
	a, b := r.Uint64(), r.Uint64()
	return types.UID(fmt.Sprintf("%08x-%04x-4%03x-%04x-%012x", a>>32, a>>16&0xffff, a&0xfff, b>>48&0x3fff|0x8000, b&0xffffffffffff))
}

// fleet makes pods as a busy cluster has them. The same numbers give the same names and states each time.
type fleet struct {
	now         time.Time
	nodes       []string
	namespaces  []string
	kubeletPort int32
	next        int // number of the next pod
	group       int // number of the next workload
	taken       map[string]bool
}

var (
	areas      = []string{"payments", "checkout", "catalog", "search", "identity", "shipping", "billing", "ledger", "media", "growth", "risk", "support", "mobile", "data", "ml", "edge", "platform", "observability", "partners", "inventory"}
	parts      = []string{"api", "worker", "gateway", "consumer", "scheduler", "cache", "frontend", "exporter", "proxy", "sync", "indexer", "notifier", "webhook", "importer", "reconciler"}
	things     = []string{"order", "cart", "invoice", "user", "wallet", "price", "stock", "refund", "email", "report", "feature", "audit", "rate", "token", "image", "event", "ledger", "quota", "geo", "fraud"}
	stages     = []string{"prod", "staging", "dev", "preview", "load"}
	safeLetter = "bcdfghjklmnpqrstvwxz2456789"
)

func newFleet(o options, kubeletPort int32) *fleet {
	f := &fleet{now: time.Now(), kubeletPort: kubeletPort, taken: map[string]bool{}}
	for i := range o.namespaces {
		name := areas[i%len(areas)] + "-" + stages[i/len(areas)%len(stages)]
		if turn := i / (len(areas) * len(stages)); turn > 0 {
			name += "-" + strconv.Itoa(turn+1)
		}
		f.namespaces = append(f.namespaces, name)
	}
	for i := range min(max(o.pods/30, 1), 5000) {
		f.nodes = append(f.nodes, fmt.Sprintf("ip-10-%d-%d-%d.eu-west-1.compute.internal", i/2500, i/50%50, 10+i%50*4))
	}
	return f
}

func nodeIP(i int) string { return fmt.Sprintf("10.%d.%d.%d", i/2500, i/50%50, 10+i%50*4) }

// places are the namespaces and the nodes for the pods.
func (f *fleet) places(yield func(object)) {
	for _, name := range f.namespaces {
		yield(namespace(name, f.now.Add(-400*24*time.Hour)))
	}
	for i, name := range f.nodes {
		created := metav1.NewTime(f.now.Add(-time.Duration(24+i%400) * time.Hour))
		capacity := nodeSize("16", "64Gi", "110")
		allocatable := nodeSize("15890m", "60Gi", "110")
		node := &corev1.Node{
			ObjectMeta: metav1.ObjectMeta{
				Name: name, UID: uid(uint64(i) | 1<<62), CreationTimestamp: created,
				Labels: map[string]string{
					corev1.LabelHostname: name, corev1.LabelOSStable: "linux", corev1.LabelArchStable: "amd64", corev1.LabelInstanceTypeStable: "m6i.4xlarge",
					corev1.LabelTopologyRegion: "eu-west-1", corev1.LabelTopologyZone: zone(i), "node-role.kubernetes.io/worker": "", "pool": "general-" + strconv.Itoa(i%4),
				},
				Annotations: map[string]string{"node.alpha.kubernetes.io/ttl": "0", "kwok.x-k8s.io/node": "fake"},
			},
			Spec: corev1.NodeSpec{ProviderID: fmt.Sprintf("aws:///%s/i-%017x", zone(i), i+1)},
			Status: corev1.NodeStatus{
				Phase: corev1.NodeRunning, Capacity: capacity, Allocatable: allocatable,
				Addresses: []corev1.NodeAddress{{Type: corev1.NodeInternalIP, Address: nodeIP(i)}, {Type: corev1.NodeHostName, Address: name}},
				NodeInfo: corev1.NodeSystemInfo{
					KernelVersion: "6.12.58-82.121.amzn2023.x86_64", OSImage: "Amazon Linux 2023.9.20251117", ContainerRuntimeVersion: "containerd://2.1.5",
					KubeletVersion: kubernetesVersion(), OperatingSystem: "linux", Architecture: "amd64", MachineID: fmt.Sprintf("ec2%029x", i), SystemUUID: string(uid(uint64(i) | 3<<61)), BootID: string(uid(uint64(i) | 5<<61)),
				},
			},
		}
		if f.kubeletPort != 0 {
			// kwok, at a name that only kube-apiserver asks for: the addresses above stay those of a real node.
			node.Status.Addresses = append(node.Status.Addresses, corev1.NodeAddress{Type: corev1.NodeExternalDNS, Address: "localhost"})
			node.Status.DaemonEndpoints.KubeletEndpoint.Port = f.kubeletPort
		}
		for _, c := range []struct {
			kind            corev1.NodeConditionType
			status          corev1.ConditionStatus
			reason, message string
		}{
			{corev1.NodeMemoryPressure, corev1.ConditionFalse, "KubeletHasSufficientMemory", "kubelet has sufficient memory available"},
			{corev1.NodeDiskPressure, corev1.ConditionFalse, "KubeletHasNoDiskPressure", "kubelet has no disk pressure"},
			{corev1.NodePIDPressure, corev1.ConditionFalse, "KubeletHasSufficientPID", "kubelet has sufficient PID available"},
			{corev1.NodeReady, corev1.ConditionTrue, "KubeletReady", "kubelet is posting ready status"},
		} {
			node.Status.Conditions = append(node.Status.Conditions, corev1.NodeCondition{
				Type: c.kind, Status: c.status, Reason: c.reason, Message: c.message, LastTransitionTime: created, LastHeartbeatTime: metav1.NewTime(f.now),
			})
		}
		for j := range 12 {
			node.Status.Images = append(node.Status.Images, corev1.ContainerImage{
				Names:     []string{fmt.Sprintf("registry.example/%s/%s@sha256:%064x", areas[(i+j)%len(areas)], parts[j], (i+1)*100+j), fmt.Sprintf("registry.example/%s/%s:v1.%d.0", areas[(i+j)%len(areas)], parts[j], j)},
				SizeBytes: int64(40_000_000 + j*7_654_321),
			})
		}
		if i%40 == 39 {
			node.Spec.Unschedulable = true
			node.Spec.Taints = []corev1.Taint{{Key: corev1.TaintNodeUnschedulable, Effect: corev1.TaintEffectNoSchedule}}
		}
		yield(object{"/registry/minions/" + name, node})
	}
}

type state int

const (
	running state = iota
	crashLoop
	pending
	imagePull
	initWaiting
	terminating
	notReady
	creating
	evicted
	initCrash
	oomKilled
	configError
	restarted
	completed
	failed
)

// stateOf says how pod number i fares: the first 60 show every state, of all the others six in a hundred are in trouble.
func stateOf(i int) state {
	if i >= 60 {
		i %= 200
	}
	if i%4 == 1 && i < 53 {
		return state(i/4) % (restarted + 1)
	}
	return running
}

// workload is what the pods of one Deployment or Job share.
type workload struct {
	f          *fleet
	random     *rand.Rand
	number     int
	name       string // of the Deployment or Job
	owner      string // of the ReplicaSet or Job
	ownerUID   types.UID
	namespace  string
	hash       string
	job        bool
	created    metav1.Time
	labels     map[string]string
	template   corev1.PodTemplateSpec
	specFields string
}

func letters(r *rand.Rand, n int) string {
	text := make([]byte, n)
	for i := range text {
		text[i] = safeLetter[r.IntN(len(safeLetter))]
	}
	return string(text)
}

// pods makes n more pods, each workload's own objects first.
func (f *fleet) pods(n int, yield func(object)) {
	for n > 0 {
		w := f.workload()
		count := 1 + w.random.IntN(6)
		if w.random.IntN(25) == 0 {
			count += w.random.IntN(35)
		}
		if w.job {
			count = 1 + w.random.IntN(2)
		}
		count = min(count, n)
		states := make([]state, count)
		init := w.number%8 == 0
		for i := range states {
			switch {
			case w.job && w.number%12 == 5:
				states[i] = completed
			case w.job:
				states[i] = failed
			default:
				states[i] = stateOf(f.next + i)
				init = init || states[i] == initWaiting || states[i] == initCrash
			}
		}
		w.fillTemplate(init)
		w.owners(states, yield)
		for i := range states {
			yield(w.pod(f.next+i, states[i]))
		}
		f.next += count
		n -= count
	}
}

func (f *fleet) workload() *workload {
	g := f.group
	f.group++
	r := rand.New(rand.NewPCG(uint64(g), 0x666c656574))
	w := &workload{f: f, random: r, number: g, job: g%12 == 5 || g%12 == 11}
	w.namespace = f.namespaces[g%len(f.namespaces)]
	area, part := things[r.IntN(len(things))], parts[r.IntN(len(parts))]
	w.name = area + "-" + part
	if w.job {
		w.name = area + "-" + []string{"migrate", "backup", "report", "cleanup"}[r.IntN(4)] + "-" + strconv.Itoa(29_300_000+g)
	}
	for i := 2; f.taken[w.namespace+"/"+w.name]; i++ {
		w.name = fmt.Sprintf("%s-%s-v%d", area, part, i)
	}
	f.taken[w.namespace+"/"+w.name] = true
	w.hash = letters(r, 10)
	w.owner = w.name
	if !w.job {
		w.owner += "-" + w.hash
	}
	w.ownerUID = uid(uint64(g) | 1<<60)
	age := time.Duration(60+r.ExpFloat64()*20*24*3600) * time.Second
	w.created = metav1.NewTime(f.now.Add(-min(age, 390*24*time.Hour)).Truncate(time.Second))
	w.labels = map[string]string{
		"app.kubernetes.io/name": w.name, "app.kubernetes.io/part-of": area, "app.kubernetes.io/component": part,
		"app.kubernetes.io/version": fmt.Sprintf("v1.%d.%d", r.IntN(40), r.IntN(10)), "team": areas[r.IntN(len(areas))],
	}
	if w.job {
		w.labels["batch.kubernetes.io/job-name"] = w.name
		w.labels["batch.kubernetes.io/controller-uid"] = string(w.ownerUID)
	} else {
		w.labels["pod-template-hash"] = w.hash
	}
	return w
}

func (w *workload) fillTemplate(init bool) {
	r := w.random
	version := w.labels["app.kubernetes.io/version"]
	image := func(name string) string { return "registry.example/" + w.labels["team"] + "/" + name + ":" + version }
	quantities := func(cpu, memory int) corev1.ResourceRequirements {
		return corev1.ResourceRequirements{
			Requests: corev1.ResourceList{corev1.ResourceCPU: *resource.NewMilliQuantity(int64(cpu), resource.DecimalSI), corev1.ResourceMemory: *resource.NewQuantity(int64(memory)<<20, resource.BinarySI)},
			Limits:   corev1.ResourceList{corev1.ResourceMemory: *resource.NewQuantity(int64(memory)<<21, resource.BinarySI)},
		}
	}
	token := corev1.VolumeMount{Name: "kube-api-access", MountPath: "/var/run/secrets/kubernetes.io/serviceaccount", ReadOnly: true}
	env := []corev1.EnvVar{
		{Name: "POD_NAME", ValueFrom: &corev1.EnvVarSource{FieldRef: &corev1.ObjectFieldSelector{APIVersion: "v1", FieldPath: "metadata.name"}}},
		{Name: "LOG_LEVEL", Value: "info"},
		{Name: "DATABASE_PASSWORD", ValueFrom: &corev1.EnvVarSource{SecretKeyRef: &corev1.SecretKeySelector{LocalObjectReference: corev1.LocalObjectReference{Name: w.name + "-db"}, Key: "password"}}},
	}
	container := func(name string) corev1.Container {
		return corev1.Container{
			Name: name, Image: image(name), ImagePullPolicy: corev1.PullIfNotPresent, Env: env, Resources: quantities(50+r.IntN(20)*50, 64<<r.IntN(4)),
			VolumeMounts:           []corev1.VolumeMount{{Name: "config", MountPath: "/etc/" + name, ReadOnly: true}, token},
			TerminationMessagePath: "/dev/termination-log", TerminationMessagePolicy: corev1.TerminationMessageReadFile,
		}
	}
	main := container("app")
	if !w.job {
		main.Ports = []corev1.ContainerPort{{Name: "http", ContainerPort: 8080, Protocol: corev1.ProtocolTCP}, {Name: "metrics", ContainerPort: 9090, Protocol: corev1.ProtocolTCP}}
		main.ReadinessProbe = &corev1.Probe{
			ProbeHandler:  corev1.ProbeHandler{HTTPGet: &corev1.HTTPGetAction{Path: "/readyz", Port: intstr.FromString("http"), Scheme: corev1.URISchemeHTTP}},
			PeriodSeconds: 10, TimeoutSeconds: 1, SuccessThreshold: 1, FailureThreshold: 3,
		}
	}
	grace, enable, mode := int64(30), true, int32(420)
	account := "default"
	restart := corev1.RestartPolicyAlways
	if w.job {
		restart = corev1.RestartPolicyNever
	}
	expiry := int64(3607)
	spec := corev1.PodSpec{
		Containers: []corev1.Container{main}, RestartPolicy: restart, TerminationGracePeriodSeconds: &grace, DNSPolicy: corev1.DNSClusterFirst,
		ServiceAccountName: account, DeprecatedServiceAccount: account, SchedulerName: corev1.DefaultSchedulerName, EnableServiceLinks: &enable,
		SecurityContext: &corev1.PodSecurityContext{},
		Volumes: []corev1.Volume{
			{Name: "config", VolumeSource: corev1.VolumeSource{ConfigMap: &corev1.ConfigMapVolumeSource{LocalObjectReference: corev1.LocalObjectReference{Name: w.name + "-config"}, DefaultMode: &mode}}},
			{Name: "kube-api-access", VolumeSource: corev1.VolumeSource{Projected: &corev1.ProjectedVolumeSource{DefaultMode: &mode, Sources: []corev1.VolumeProjection{
				{ServiceAccountToken: &corev1.ServiceAccountTokenProjection{ExpirationSeconds: &expiry, Path: "token"}},
				{ConfigMap: &corev1.ConfigMapProjection{LocalObjectReference: corev1.LocalObjectReference{Name: "kube-root-ca.crt"}, Items: []corev1.KeyToPath{{Key: "ca.crt", Path: "ca.crt"}}}},
			}}}},
		},
	}
	if w.number%7 == 2 && !w.job {
		spec.Containers = append(spec.Containers, container("mesh-proxy"))
	}
	if init {
		spec.InitContainers = []corev1.Container{container("wait-for-db")}
	}
	w.template = corev1.PodTemplateSpec{
		ObjectMeta: metav1.ObjectMeta{
			Labels: w.labels,
			Annotations: map[string]string{
				"checksum/config": fmt.Sprintf("%016x%016x", r.Uint64(), r.Uint64()), "prometheus.io/scrape": "true", "prometheus.io/port": "9090",
			},
		},
		Spec: spec,
	}
	w.specFields = specFields(w)
}

// specFields are the managed fields of whoever made the pod.
func specFields(w *workload) string {
	type set = map[string]any
	leaves := func(names ...string) set {
		fields := set{}
		for _, name := range names {
			fields["f:"+name] = set{}
		}
		return fields
	}
	keyed := func(keys []string, by string, fields set) set {
		list := set{".": set{}}
		for _, key := range keys {
			inner := set{".": set{}}
			for name, value := range fields {
				inner[name] = value
			}
			list[fmt.Sprintf("k:{%q:%q}", by, key)] = inner
		}
		return list
	}
	containers := func(list []corev1.Container) set {
		all := set{}
		for _, c := range list {
			fields := leaves("image", "imagePullPolicy", "name", "terminationMessagePath", "terminationMessagePolicy")
			fields["."] = set{}
			var env, mounts []string
			for _, e := range c.Env {
				env = append(env, e.Name)
			}
			for _, m := range c.VolumeMounts {
				mounts = append(mounts, m.MountPath)
			}
			fields["f:env"] = keyed(env, "name", leaves("name", "value"))
			fields["f:volumeMounts"] = keyed(mounts, "mountPath", leaves("mountPath", "name", "readOnly"))
			fields["f:resources"] = set{".": set{}, "f:limits": leaves("memory"), "f:requests": leaves("cpu", "memory")}
			if c.ReadinessProbe != nil {
				probe := leaves("failureThreshold", "periodSeconds", "successThreshold", "timeoutSeconds")
				probe["f:httpGet"] = leaves("path", "port", "scheme")
				fields["f:readinessProbe"] = probe
			}
			all[fmt.Sprintf("k:{\"name\":%q}", c.Name)] = fields
		}
		return all
	}
	spec := leaves("dnsPolicy", "enableServiceLinks", "restartPolicy", "schedulerName", "securityContext", "serviceAccount", "serviceAccountName", "terminationGracePeriodSeconds")
	spec["f:containers"] = containers(w.template.Spec.Containers)
	if len(w.template.Spec.InitContainers) > 0 {
		spec["f:initContainers"] = containers(w.template.Spec.InitContainers)
	}
	spec["f:volumes"] = keyed([]string{"config", "kube-api-access"}, "name", leaves("name"))
	labels, annotations := set{".": set{}}, set{".": set{}}
	for name := range w.labels {
		labels["f:"+name] = set{}
	}
	for name := range w.template.Annotations {
		annotations["f:"+name] = set{}
	}
	text, err := json.Marshal(set{
		"f:metadata": set{
			"f:annotations": annotations, "f:labels": labels, "f:generateName": set{},
			"f:ownerReferences": set{".": set{}, fmt.Sprintf("k:{\"uid\":%q}", w.ownerUID): set{}},
		},
		"f:spec": spec,
	})
	if err != nil {
		panic(err)
	}
	return string(text)
}

const statusFields = `{"f:status":{"f:conditions":{"k:{\"type\":\"ContainersReady\"}":{".":{},"f:lastTransitionTime":{},"f:status":{},"f:type":{}},` +
	`"k:{\"type\":\"Initialized\"}":{".":{},"f:lastTransitionTime":{},"f:status":{},"f:type":{}},` +
	`"k:{\"type\":\"PodReadyToStartContainers\"}":{".":{},"f:lastTransitionTime":{},"f:status":{},"f:type":{}},` +
	`"k:{\"type\":\"Ready\"}":{".":{},"f:lastTransitionTime":{},"f:status":{},"f:type":{}}},` +
	`"f:containerStatuses":{},"f:hostIP":{},"f:hostIPs":{},"f:phase":{},"f:podIP":{},"f:podIPs":{".":{},"k:{\"ip\":\"%s\"}":{".":{},"f:ip":{}}},"f:startTime":{}}}`

func (w *workload) meta(name string, id types.UID) metav1.ObjectMeta {
	return metav1.ObjectMeta{Name: name, Namespace: w.namespace, UID: id, CreationTimestamp: w.created, Generation: 1}
}

// owners makes the Deployment and its ReplicaSet, or the Job, with the numbers that the controllers would find.
func (w *workload) owners(states []state, yield func(object)) {
	var active, ready int32
	for _, s := range states {
		if s != evicted && s != terminating {
			active++
		}
		if s == running || s == restarted {
			ready++
		}
	}
	count := int32(len(states))
	if w.job {
		one, limit, zero := int32(1), int32(0), int32(0)
		job := &batchv1.Job{
			ObjectMeta: w.meta(w.name, w.ownerUID),
			Spec: batchv1.JobSpec{
				Parallelism: &one, Completions: &count, BackoffLimit: &limit, Template: w.template,
				Selector: &metav1.LabelSelector{MatchLabels: map[string]string{"batch.kubernetes.io/controller-uid": string(w.ownerUID)}},
			},
		}
		job.Labels = w.labels
		end := metav1.NewTime(w.created.Add(40 * time.Second))
		condition := batchv1.JobCondition{Type: batchv1.JobComplete, Status: corev1.ConditionTrue, LastProbeTime: end, LastTransitionTime: end, Reason: "CompletionsReached", Message: "Reached expected number of succeeded pods"}
		job.Status = batchv1.JobStatus{StartTime: &w.created, Succeeded: count, CompletionTime: &end, Ready: &zero, Terminating: &zero, UncountedTerminatedPods: &batchv1.UncountedTerminatedPods{}}
		criteria := batchv1.JobCondition{Type: batchv1.JobSuccessCriteriaMet, Status: corev1.ConditionTrue, LastProbeTime: end, LastTransitionTime: end, Reason: condition.Reason, Message: condition.Message}
		if states[0] == failed {
			condition.Type, condition.Reason, condition.Message = batchv1.JobFailed, "BackoffLimitExceeded", "Job has reached the specified backoff limit"
			criteria.Type, criteria.Reason, criteria.Message = batchv1.JobFailureTarget, condition.Reason, condition.Message
			job.Status.Succeeded, job.Status.Failed, job.Status.CompletionTime = 0, count, nil
		}
		job.Status.Conditions = []batchv1.JobCondition{criteria, condition}
		yield(object{"/registry/jobs/" + w.namespace + "/" + w.name, job})
		return
	}

	limit, deadline := int32(10), int32(600)
	quarter := intstr.FromString("25%")
	selector := map[string]string{"app.kubernetes.io/name": w.name}
	template := *w.template.DeepCopy()
	delete(template.Labels, "pod-template-hash")
	deployment := &appsv1.Deployment{
		ObjectMeta: w.meta(w.name, uid(uint64(w.number)|1<<61)),
		Spec: appsv1.DeploymentSpec{
			Replicas: &active, Selector: &metav1.LabelSelector{MatchLabels: selector}, Template: template, RevisionHistoryLimit: &limit, ProgressDeadlineSeconds: &deadline,
			Strategy: appsv1.DeploymentStrategy{Type: appsv1.RollingUpdateDeploymentStrategyType, RollingUpdate: &appsv1.RollingUpdateDeployment{MaxSurge: &quarter, MaxUnavailable: &quarter}},
		},
		Status: appsv1.DeploymentStatus{
			ObservedGeneration: 1, Replicas: active, UpdatedReplicas: active, ReadyReplicas: ready, AvailableReplicas: ready, UnavailableReplicas: active - ready,
			Conditions: []appsv1.DeploymentCondition{
				{Type: appsv1.DeploymentAvailable, Status: corev1.ConditionTrue, Reason: "MinimumReplicasAvailable", Message: "Deployment has minimum availability.", LastUpdateTime: w.created, LastTransitionTime: w.created},
				{Type: appsv1.DeploymentProgressing, Status: corev1.ConditionTrue, Reason: "NewReplicaSetAvailable", Message: fmt.Sprintf("ReplicaSet %q has successfully progressed.", w.owner), LastUpdateTime: w.created, LastTransitionTime: w.created},
			},
		},
	}
	if ready*4 < active*3 {
		c := &deployment.Status.Conditions[0]
		c.Status, c.Reason, c.Message = corev1.ConditionFalse, "MinimumReplicasUnavailable", "Deployment does not have minimum availability."
	}
	deployment.Labels = template.Labels
	deployment.Annotations = map[string]string{"deployment.kubernetes.io/revision": "1"}
	yield(object{"/registry/deployments/" + w.namespace + "/" + w.name, deployment})

	controller := true
	set := &appsv1.ReplicaSet{
		ObjectMeta: w.meta(w.owner, w.ownerUID),
		Spec: appsv1.ReplicaSetSpec{
			Replicas: &active, Template: w.template,
			Selector: &metav1.LabelSelector{MatchLabels: map[string]string{"app.kubernetes.io/name": w.name, "pod-template-hash": w.hash}},
		},
		Status: appsv1.ReplicaSetStatus{ObservedGeneration: 1, Replicas: active, FullyLabeledReplicas: active, ReadyReplicas: ready, AvailableReplicas: ready},
	}
	set.Labels = w.labels
	set.Annotations = map[string]string{
		"deployment.kubernetes.io/revision": "1", "deployment.kubernetes.io/desired-replicas": strconv.Itoa(int(active)),
		"deployment.kubernetes.io/max-replicas": strconv.Itoa(int(active + (active+3)/4)),
	}
	set.OwnerReferences = []metav1.OwnerReference{{APIVersion: "apps/v1", Kind: "Deployment", Name: w.name, UID: deployment.UID, Controller: &controller, BlockOwnerDeletion: &controller}}
	yield(object{"/registry/replicasets/" + w.namespace + "/" + w.owner, set})
}

func (w *workload) pod(i int, s state) object {
	r := w.random
	controller := true
	kind, version := "ReplicaSet", "apps/v1"
	if w.job {
		kind, version = "Job", "batch/v1"
	}
	suffix := letters(r, 5)
	for w.f.taken[w.namespace+"/"+w.owner+"-"+suffix] {
		suffix = letters(r, 5)
	}
	node := i % len(w.f.nodes)
	ip := fmt.Sprintf("100.%d.%d.%d", 64+i>>16&63, i>>8&255, i&255)
	started := metav1.NewTime(w.created.Add(2 * time.Second))
	pod := &corev1.Pod{ObjectMeta: w.meta(w.owner+"-"+suffix, uid(uint64(i))), Spec: *w.template.Spec.DeepCopy()}
	pod.GenerateName = w.owner + "-"
	pod.Labels, pod.Annotations = w.labels, maps.Clone(w.template.Annotations)
	pod.Annotations[writtenAnnotation] = "true" // not in the template: what a controller makes is for kwok
	pod.OwnerReferences = []metav1.OwnerReference{{APIVersion: version, Kind: kind, Name: w.owner, UID: w.ownerUID, Controller: &controller, BlockOwnerDeletion: &controller}}
	pod.ManagedFields = []metav1.ManagedFieldsEntry{
		{Manager: "kube-controller-manager", Operation: metav1.ManagedFieldsOperationUpdate, APIVersion: "v1", Time: &w.created, FieldsType: "FieldsV1", FieldsV1: &metav1.FieldsV1{Raw: []byte(w.specFields)}},
		{Manager: "kubelet", Operation: metav1.ManagedFieldsOperationUpdate, APIVersion: "v1", Time: &started, FieldsType: "FieldsV1", FieldsV1: &metav1.FieldsV1{Raw: fmt.Appendf(nil, statusFields, ip)}, Subresource: "status"},
	}
	seconds := int64(300)
	pod.Spec.Tolerations = []corev1.Toleration{
		{Key: corev1.TaintNodeNotReady, Operator: corev1.TolerationOpExists, Effect: corev1.TaintEffectNoExecute, TolerationSeconds: &seconds},
		{Key: corev1.TaintNodeUnreachable, Operator: corev1.TolerationOpExists, Effect: corev1.TaintEffectNoExecute, TolerationSeconds: &seconds},
	}
	pod.Spec.NodeName = w.f.nodes[node]
	pod.Status = corev1.PodStatus{
		Phase: corev1.PodRunning, QOSClass: corev1.PodQOSBurstable, StartTime: &w.created, HostIP: nodeIP(node), HostIPs: []corev1.HostIP{{IP: nodeIP(node)}},
		PodIP: ip, PodIPs: []corev1.PodIP{{IP: ip}},
	}
	w.status(pod, s, started)
	return object{podsRoot + w.namespace + "/" + pod.Name, pod}
}

// status gives the pod the status that the kubelet would report in that state.
func (w *workload) status(pod *corev1.Pod, s state, started metav1.Time) {
	status := &pod.Status
	now := metav1.NewTime(w.f.now.Truncate(time.Second))
	ready, initialized, containersReason := true, true, ""

	up := corev1.ContainerState{Running: &corev1.ContainerStateRunning{StartedAt: started}}
	waiting := func(reason, message string) corev1.ContainerState {
		return corev1.ContainerState{Waiting: &corev1.ContainerStateWaiting{Reason: reason, Message: message}}
	}
	ended := func(reason string, code int32, at metav1.Time) corev1.ContainerState {
		return corev1.ContainerState{Terminated: &corev1.ContainerStateTerminated{
			Reason: reason, ExitCode: code, StartedAt: metav1.NewTime(at.Add(-30 * time.Second)), FinishedAt: at, ContainerID: "containerd://" + w.id(),
		}}
	}
	backOff := func(name string) corev1.ContainerState {
		return waiting("CrashLoopBackOff", fmt.Sprintf("back-off 5m0s restarting failed container=%s pod=%s_%s(%s)", name, pod.Name, pod.Namespace, pod.UID))
	}
	of := func(c corev1.Container, state corev1.ContainerState) corev1.ContainerStatus {
		is := state.Running != nil
		result := corev1.ContainerStatus{Name: c.Name, Image: c.Image, State: state, Ready: is, Started: &is}
		if state.Waiting == nil || state.Waiting.Reason == "CrashLoopBackOff" {
			result.ImageID, result.ContainerID = "registry.example/"+c.Name+"@sha256:"+w.id(), "containerd://"+w.id()
		}
		return result
	}
	for _, c := range pod.Spec.Containers {
		status.ContainerStatuses = append(status.ContainerStatuses, of(c, up))
	}
	for _, c := range pod.Spec.InitContainers {
		done := of(c, ended("Completed", 0, started))
		done.Ready = true
		status.InitContainerStatuses = append(status.InitContainerStatuses, done)
	}
	first := &status.ContainerStatuses[0]
	app := pod.Spec.Containers[0]
	wait := func(reason, message string) {
		for i, c := range pod.Spec.Containers {
			status.ContainerStatuses[i] = of(c, waiting("ContainerCreating", ""))
		}
		*first = of(app, waiting(reason, message))
		status.Phase, ready, containersReason = corev1.PodPending, false, "ContainersNotReady"
	}
	initial := func(state corev1.ContainerState) {
		for i, c := range pod.Spec.Containers {
			status.ContainerStatuses[i] = of(c, waiting("PodInitializing", ""))
		}
		status.InitContainerStatuses[0] = of(pod.Spec.InitContainers[0], state)
		status.InitContainerStatuses[0].Ready = false
		status.Phase, ready, initialized, containersReason = corev1.PodPending, false, false, "ContainersNotReady"
	}
	switch s {
	case crashLoop, oomKilled:
		reason, code := "Error", int32(1)
		if s == oomKilled {
			reason, code = "OOMKilled", 137
		}
		*first = of(app, backOff(app.Name))
		first.RestartCount, first.LastTerminationState = int32(3+w.random.IntN(400)), ended(reason, code, now)
		ready, containersReason = false, "ContainersNotReady"
	case restarted:
		first.RestartCount, first.LastTerminationState = int32(1+w.random.IntN(20)), ended("Error", 2, started)
	case notReady:
		first.Ready, ready, containersReason = false, false, "ContainersNotReady"
	case pending:
		pod.Spec.NodeName = ""
		pod.Spec.NodeSelector = map[string]string{"accelerator": "h100"} // no node has it, so the scheduler leaves it
		*status = corev1.PodStatus{Phase: corev1.PodPending, QOSClass: status.QOSClass, Conditions: []corev1.PodCondition{{
			Type: corev1.PodScheduled, Status: corev1.ConditionFalse, Reason: corev1.PodReasonUnschedulable, LastTransitionTime: started,
			Message: fmt.Sprintf("0/%d nodes are available: %d node(s) didn't match Pod's node affinity/selector.", len(w.f.nodes), len(w.f.nodes)),
		}}}
		return
	case imagePull:
		wait("ImagePullBackOff", fmt.Sprintf("Back-off pulling image %q: ErrImagePull: not found", app.Image))
	case creating:
		wait("ContainerCreating", "")
		status.PodIP, status.PodIPs = "", nil
	case configError:
		wait("CreateContainerConfigError", fmt.Sprintf("secret %q not found", w.name+"-db"))
	case initWaiting:
		initial(up)
	case initCrash:
		initial(backOff("wait-for-db"))
		status.InitContainerStatuses[0].RestartCount, status.InitContainerStatuses[0].LastTerminationState = 17, ended("Error", 1, now)
	case terminating:
		deleted, grace := metav1.NewTime(now.Add(-11*time.Minute)), int64(30)
		pod.DeletionTimestamp, pod.DeletionGracePeriodSeconds = &deleted, &grace
		pod.Annotations[frozenAnnotation] = "true"
	case evicted:
		*status = corev1.PodStatus{
			Phase: corev1.PodFailed, Reason: "Evicted", QOSClass: status.QOSClass, StartTime: status.StartTime,
			Message:    "The node was low on resource: memory. Threshold quantity: 100Mi, available: 84Mi. Container app was using 1912Mi, request is 512Mi, has larger consumption of memory.",
			Conditions: []corev1.PodCondition{{Type: corev1.DisruptionTarget, Status: corev1.ConditionTrue, Reason: "TerminationByKubelet", LastTransitionTime: started}},
		}
		return
	case completed, failed:
		status.Phase, containersReason, ready = corev1.PodSucceeded, "PodCompleted", false
		reason, code := "Completed", int32(0)
		if s == failed {
			status.Phase, containersReason = corev1.PodFailed, "PodFailed"
			reason, code = "Error", 1
		}
		*first = of(app, ended(reason, code, metav1.NewTime(w.created.Add(38*time.Second))))
	}
	condition := func(kind corev1.PodConditionType, is bool, reason string) {
		value := corev1.ConditionTrue
		if !is {
			value = corev1.ConditionFalse
		} else {
			reason = ""
		}
		status.Conditions = append(status.Conditions, corev1.PodCondition{Type: kind, Status: value, Reason: reason, LastTransitionTime: started})
	}
	condition("PodReadyToStartContainers", s != creating, "")
	condition(corev1.PodInitialized, initialized, "ContainersNotInitialized")
	condition(corev1.PodReady, ready, containersReason)
	condition(corev1.ContainersReady, ready, containersReason)
	condition(corev1.PodScheduled, true, "")
}

func (w *workload) id() string {
	return fmt.Sprintf("%016x%016x%016x%016x", w.random.Uint64(), w.random.Uint64(), w.random.Uint64(), w.random.Uint64())
}

// changePod makes a change such as a busy cluster makes all the time: a new label value, a restart, a failure, and
// what failed recovers, so that after a long churn one pod in ten is in trouble, not all. Pods that are not in phase
// Running get a label value only.
func changePod(pod *corev1.Pod, value string) {
	now := metav1.NewTime(time.Now().Truncate(time.Second))
	status := &pod.Status
	for i := range pod.ManagedFields {
		if pod.ManagedFields[i].Subresource == "status" {
			pod.ManagedFields[i].Time = &now
		}
	}
	which := rand.IntN(100)
	if status.Phase != corev1.PodRunning || pod.DeletionTimestamp != nil || len(status.ContainerStatuses) == 0 || which < 40 {
		if pod.Labels == nil {
			pod.Labels = map[string]string{}
		}
		pod.Labels["rig.skylark/churn"] = value
		return
	}
	first := &status.ContainerStatuses[0]
	up := false // running and ready afterwards
	switch {
	case first.State.Running == nil || !first.Ready: // recovers
		first.State = corev1.ContainerState{Running: &corev1.ContainerStateRunning{StartedAt: now}}
		up = true
	case which < 94: // restarts
		started := now
		if first.State.Running != nil {
			started = first.State.Running.StartedAt
		}
		first.RestartCount++
		first.LastTerminationState = corev1.ContainerState{Terminated: &corev1.ContainerStateTerminated{Reason: "Error", ExitCode: 1, StartedAt: started, FinishedAt: now}}
		first.State = corev1.ContainerState{Running: &corev1.ContainerStateRunning{StartedAt: now}}
		up = true
	case which < 98: // fails its probe
	default: // crashes
		first.RestartCount++
		first.State = corev1.ContainerState{Waiting: &corev1.ContainerStateWaiting{Reason: "CrashLoopBackOff", Message: "back-off 10s restarting failed container=" + first.Name}}
	}
	first.Ready, first.Started = up, &up
	ready := corev1.ConditionFalse
	if up {
		ready = corev1.ConditionTrue
	}
	for i := range status.Conditions {
		c := &status.Conditions[i]
		if (c.Type == corev1.PodReady || c.Type == corev1.ContainersReady) && c.Status != ready {
			c.Status, c.LastTransitionTime = ready, now
			if c.Reason = "ContainersNotReady"; up {
				c.Reason = ""
			}
		}
	}
}
