package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

const upUsage = `usage: control-plane up [flags]

Starts etcd and kube-apiserver, and unless --controllers=false also kube-controller-manager, kube-scheduler and kwok,
all on 127.0.0.1. Prints one JSON line when ready, then answers each line on stdin by one JSON line:

  pids                    process ids
  kill COMPONENT          SIGKILL, answered when it is gone
  stop COMPONENT          SIGSTOP
  cont COMPONENT          SIGCONT
  start COMPONENT         start it again after kill, answered when it is ready; after kube-apiserver, what watches it
                          is started anew too
  compact                 etcd forgets every revision but the last: old continue tokens answer 410
  expire                  compact, and kube-apiserver starts anew: every resourceVersion from before answers 410
  churn RATE SECONDS      RATE pod changes a second for SECONDS; answered at once and again when done
  add-pods N              N more pods
  delete-pods N           N pods go, as they were

Everything ends when stdin closes.

`

type options struct {
	dir         string
	kubeconfig  string
	context     string
	nodes       int
	controllers bool
	pods        int
	namespaces  int
	kwok        string
	kwokConfig  string
	exec        bool
	auditLog    string
	timeout     time.Duration
}

func parseOptions(args []string) (options, error) {
	var o options
	flags := flag.NewFlagSet("up", flag.ContinueOnError)
	flags.StringVar(&o.dir, "dir", "", "state and logs; a new or empty directory (default: a temporary one, removed at the end)")
	flags.StringVar(&o.kubeconfig, "kubeconfig", "", "kubeconfig to write when ready, removed at the end (default: DIR/kubeconfig)")
	flags.StringVar(&o.context, "context", "rig", "name of the context and of the cluster")
	flags.IntVar(&o.nodes, "nodes", 3, "nodes kept alive by kwok; 0 = no kwok")
	flags.BoolVar(&o.controllers, "controllers", true, "also run kube-controller-manager, kube-scheduler and kwok")
	flags.IntVar(&o.pods, "pods", 0, "pods written straight into etcd before the API server starts, with owners, nodes and namespaces")
	flags.IntVar(&o.namespaces, "namespaces", 0, "namespaces for these pods (default: one for each 12 pods, at most 1000)")
	flags.StringVar(&o.kwok, "kwok", "", "kwok binary (default: kwok beside this binary)")
	flags.StringVar(&o.kwokConfig, "kwok-config", "", "one more kwok configuration file, read before our own")
	flags.BoolVar(&o.exec, "exec", false, "kubectl exec runs the command on this machine, as this user; kwok's port asks for no credentials")
	flags.StringVar(&o.auditLog, "audit-log", "", "audit log of the API server (level Metadata)")
	flags.DurationVar(&o.timeout, "timeout", 3*time.Minute, "give up when not ready after this time")
	flags.Usage = func() {
		fmt.Fprint(flags.Output(), upUsage)
		flags.PrintDefaults()
	}
	if err := flags.Parse(args); err != nil {
		return o, err
	}
	if flags.NArg() > 0 {
		return o, fmt.Errorf("unexpected argument %q", flags.Arg(0))
	}
	if o.pods < 0 || o.nodes < 0 || o.namespaces < 0 {
		return o, errors.New("a count must not be negative")
	}
	if !o.controllers {
		o.nodes = 0
	}
	if o.namespaces == 0 {
		o.namespaces = min(max(o.pods/12, 1), 1000)
	}
	for _, path := range []*string{&o.dir, &o.kubeconfig, &o.kwok, &o.kwokConfig, &o.auditLog} {
		if *path == "" {
			continue
		}
		abs, err := filepath.Abs(*path)
		if err != nil {
			return o, err
		}
		*path = abs
	}
	return o, nil
}

// rig is one running control plane.
type rig struct {
	options
	dir        string
	server     string
	pki        *pki
	api        *apiClient
	store      *store
	components map[string]*component
	order      []string
	logFile    string

	out  sync.Mutex
	next int // number of the next churn
}

func up(args []string) int {
	o, err := parseOptions(args)
	if errors.Is(err, flag.ErrHelp) {
		return 0
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "control-plane:", err)
		return 2
	}
	signal.Ignore(syscall.SIGPIPE)
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT, syscall.SIGHUP)
	defer stop()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()

	lines := make(chan string)
	go func() {
		defer cancel()
		scanner := bufio.NewScanner(os.Stdin)
		for scanner.Scan() {
			select {
			case lines <- scanner.Text():
			case <-ctx.Done():
				return
			}
		}
	}()

	r := &rig{options: o, components: map[string]*component{}}
	defer r.close()
	if err := r.start(ctx); err != nil {
		if ctx.Err() == nil {
			fmt.Fprintln(os.Stderr, "control-plane:", err)
			r.say(map[string]any{"ready": false, "error": err.Error()})
			return 1
		}
		return 0
	}
	for {
		select {
		case <-ctx.Done():
			return 0
		case line := <-lines:
			if words := strings.Fields(line); len(words) > 0 {
				r.answer(ctx, words)
			}
		}
	}
}

// say prints one line; the mutex keeps the lines of a churn that ends apart from an answer.
func (r *rig) say(message map[string]any) {
	line, err := json.Marshal(message)
	if err != nil {
		panic(err)
	}
	r.out.Lock()
	defer r.out.Unlock()
	os.Stdout.Write(append(line, '\n'))
}

func (r *rig) start(ctx context.Context) error {
	began := time.Now()
	ctx, cancel := context.WithTimeoutCause(ctx, r.timeout, fmt.Errorf("not ready after %s", r.timeout))
	defer cancel()

	self, err := os.Executable()
	if err != nil {
		return err
	}
	if r.nodes > 0 {
		if r.kwok == "" {
			r.kwok = filepath.Join(filepath.Dir(self), "kwok")
		}
		if _, err := exec.LookPath(r.kwok); err != nil {
			return fmt.Errorf("no kwok: %w (tests/control-plane/build makes it; --nodes 0 does without)", err)
		}
	}
	if err := checkKubeconfigTarget(r.kubeconfig); err != nil {
		return err
	}
	if err := r.makeDir(); err != nil {
		return err
	}
	if r.pki, err = newPKI(r.dir); err != nil {
		return err
	}
	ports, err := takePorts(6)
	if err != nil {
		return err
	}
	if err := r.plan(self, ports); err != nil {
		return err
	}

	if err := r.components["etcd"].start(ctx); err != nil {
		return err
	}
	if err := r.fill(ctx); err != nil {
		return fmt.Errorf("filling etcd: %w", err)
	}
	filled := time.Since(began)
	if err := r.components["kube-apiserver"].start(ctx); err != nil {
		return err
	}
	var rest []*component
	for _, name := range r.order[2:] {
		rest = append(rest, r.components[name])
	}
	if err := startAll(ctx, rest); err != nil {
		return err
	}
	if err := r.writeKubeconfig(); err != nil {
		return err
	}
	r.say(map[string]any{
		"ready":         true,
		"version":       kubernetesVersion(),
		"server":        r.server,
		"kubeconfig":    r.kubeconfig,
		"ca":            r.pki.path("ca.crt"),
		"dir":           r.dir,
		"contexts":      r.contexts(),
		"container_log": r.logFile,
		"pids":          r.pids(),
		"fill_ms":       filled.Milliseconds(),
		"ready_ms":      time.Since(began).Milliseconds(),
	})
	return nil
}

// makeDir makes the state directory. A temporary one is locked as long as we live, so that a later run can tell
// what a killed one left behind.
func (r *rig) makeDir() error {
	if r.options.dir != "" {
		r.dir = r.options.dir
		if err := os.MkdirAll(r.dir, 0o700); err != nil {
			return err
		}
		entries, err := os.ReadDir(r.dir)
		if err != nil {
			return err
		}
		if len(entries) > 0 {
			return fmt.Errorf("%s is not empty", r.dir)
		}
	} else {
		sweep()
		dir, err := os.MkdirTemp("", tempPrefix)
		if err != nil {
			return err
		}
		r.dir = dir
		if err := lock(filepath.Join(dir, "lock")); err != nil {
			return err
		}
	}
	if r.kubeconfig == "" {
		r.kubeconfig = filepath.Join(r.dir, "kubeconfig")
	}
	return nil
}

// close ends every process and removes what start made.
func (r *rig) close() {
	if r.store != nil {
		r.store.close()
	}
	for _, c := range r.components {
		c.retire()
	}
	for _, c := range r.components {
		c.kill()
	}
	if r.dir == "" {
		return
	}
	if removeKubeconfig(r.kubeconfig); r.options.dir == "" {
		os.RemoveAll(r.dir)
	}
}

func (r *rig) pids() map[string]int {
	pids := map[string]int{}
	for name, c := range r.components {
		if pid := c.pid(); pid != 0 {
			pids[name] = pid
		}
	}
	return pids
}

func (r *rig) answer(ctx context.Context, words []string) {
	began := time.Now()
	message, err := r.command(ctx, words)
	if message == nil {
		message = map[string]any{}
	}
	message["command"] = strings.Join(words, " ")
	message["ok"] = err == nil
	message["ms"] = time.Since(began).Milliseconds()
	if err != nil {
		message["error"] = err.Error()
	}
	r.say(message)
}

func (r *rig) command(ctx context.Context, words []string) (map[string]any, error) {
	arguments := map[string]int{
		"pids": 0, "kill": 1, "stop": 1, "cont": 1, "start": 1, "compact": 0, "expire": 0,
		"churn": 2, "add-pods": 1, "delete-pods": 1,
	}
	verb, rest := words[0], words[1:]
	if count, known := arguments[verb]; !known {
		return nil, fmt.Errorf("unknown command %q", verb)
	} else if count != len(rest) {
		return nil, fmt.Errorf("%s takes %d argument(s)", verb, count)
	}
	switch verb {
	case "kill", "stop", "cont", "start":
		c, ok := r.components[rest[0]]
		if !ok {
			return nil, fmt.Errorf("no component %q here; there are: %s", rest[0], strings.Join(r.order, ", "))
		}
		var err error
		switch verb {
		case "kill":
			c.retire()
			err = c.kill()
		case "stop":
			err = c.signal(syscall.SIGSTOP)
		case "cont":
			err = c.signal(syscall.SIGCONT)
		case "start":
			if c.name == "kube-apiserver" {
				err = r.startServer(ctx)
				break
			}
			ctx, cancel := context.WithTimeoutCause(ctx, r.timeout, fmt.Errorf("%s: not ready after %s", c.name, r.timeout))
			defer cancel()
			err = c.start(ctx)
		}
		return map[string]any{"component": c.name, "pid": c.pid()}, err
	case "pids":
		return map[string]any{"pids": r.pids()}, nil
	case "compact":
		revision, err := r.store.compact(ctx)
		return map[string]any{"revision": revision}, err
	case "expire":
		return r.expire(ctx)
	}

	numbers := make([]int, len(rest))
	for i, word := range rest {
		n, err := strconv.Atoi(word)
		if err != nil || n < 1 {
			return nil, fmt.Errorf("%q is not a positive number", word)
		}
		numbers[i] = n
	}
	switch verb {
	case "churn":
		r.next++
		number := r.next
		keys, err := r.store.podKeys(ctx)
		if err != nil {
			return nil, err
		}
		if len(keys) == 0 {
			return nil, errors.New("there are no pods")
		}
		go func() {
			written, err := r.store.churn(ctx, keys, numbers[0], time.Duration(numbers[1])*time.Second)
			message := map[string]any{"event": "churn-done", "churn": number, "written": written}
			if err != nil {
				message["error"] = err.Error()
			}
			r.say(message)
		}()
		return map[string]any{"churn": number}, nil
	case "add-pods":
		written, err := r.store.addPods(ctx, numbers[0])
		return map[string]any{"written": written}, err
	default:
		written, err := r.store.deletePods(ctx, numbers[0])
		return map[string]any{"written": written}, err
	}
}

// expire makes every resourceVersion that a client holds too old. Compaction alone does not: the API server serves
// watches from its own memory of recent changes, which a new process does not have.
func (r *rig) expire(ctx context.Context) (map[string]any, error) {
	server := r.components["kube-apiserver"]
	server.retire()
	if server.pid() != 0 {
		if err := server.kill(); err != nil {
			return nil, err
		}
	}
	revision, err := r.store.compact(ctx)
	if err != nil {
		return nil, err
	}
	err = r.startServer(ctx)
	return map[string]any{"revision": revision, "pid": server.pid()}, err
}

// startServer starts kube-apiserver, and anew what watches it: by themselves these would notice only after their
// back-off, up to half a minute after the server is back. What was killed or stopped stays so.
func (r *rig) startServer(ctx context.Context) error {
	ctx, cancel := context.WithTimeoutCause(ctx, r.timeout, fmt.Errorf("not ready after %s", r.timeout))
	defer cancel()
	server := r.components["kube-apiserver"]
	if server.pid() != 0 {
		return errors.New("kube-apiserver is running already")
	}
	var watchers []*component
	for _, name := range r.order[2:] {
		if c := r.components[name]; c.runs() {
			c.retire()
			if err := c.kill(); err != nil {
				return err
			}
			watchers = append(watchers, c)
		}
	}
	if err := server.start(ctx); err != nil {
		return err
	}
	return startAll(ctx, watchers)
}

// startAll starts them at once and waits for all of them.
func startAll(ctx context.Context, components []*component) error {
	errs := make(chan error, len(components))
	for _, c := range components {
		go func() { errs <- c.start(ctx) }()
	}
	var all error
	for range components {
		all = errors.Join(all, <-errs)
	}
	return all
}

// plan makes the components, not started yet.
func (r *rig) plan(self string, ports []int) error {
	etcd, peer, api := ports[0], ports[1], ports[2]
	etcdURL, peerURL := url(etcd), url(peer)
	r.server = url(api)
	var err error
	if r.api, err = newAPIClient(r.server, r.pki, adminToken); err != nil {
		return err
	}
	if r.controllers {
		if err := r.writeComponentsKubeconfig(); err != nil {
			return err
		}
	}
	if r.store, err = newStore(etcdURL, r.pki, r.options); err != nil {
		return err
	}
	p := r.pki.path

	r.add("etcd", self, []string{
		"etcd",
		"--name=rig", "--data-dir=" + filepath.Join(r.dir, "etcd"),
		"--listen-client-urls=" + etcdURL, "--advertise-client-urls=" + etcdURL,
		"--listen-peer-urls=" + peerURL, "--initial-advertise-peer-urls=" + peerURL, "--initial-cluster=rig=" + peerURL,
		"--cert-file=" + p("server.crt"), "--key-file=" + p("server.key"), "--client-cert-auth", "--trusted-ca-file=" + p("ca.crt"),
		"--peer-cert-file=" + p("server.crt"), "--peer-key-file=" + p("server.key"), "--peer-client-cert-auth", "--peer-trusted-ca-file=" + p("ca.crt"),
		"--unsafe-no-fsync", "--quota-backend-bytes=8000000000", "--max-txn-ops=1000", "--max-request-bytes=33554432",
		"--log-level=warn",
	}, r.store.ready)

	apiserver := []string{
		"kube-apiserver",
		"--etcd-servers=" + etcdURL, "--etcd-cafile=" + p("ca.crt"), "--etcd-certfile=" + p("client.crt"), "--etcd-keyfile=" + p("client.key"),
		"--bind-address=127.0.0.1", "--advertise-address=127.0.0.1", "--endpoint-reconciler-type=none",
		"--secure-port=" + strconv.Itoa(api), "--tls-cert-file=" + p("server.crt"), "--tls-private-key-file=" + p("server.key"),
		"--client-ca-file=" + p("ca.crt"), "--token-auth-file=" + p("tokens.csv"), "--authorization-mode=Node,RBAC",
		"--service-cluster-ip-range=10.96.0.0/16", "--service-account-issuer=https://kubernetes.default.svc",
		"--service-account-key-file=" + p("sa.pub"), "--service-account-signing-key-file=" + p("sa.key"),
		"--disable-admission-plugins=ServiceAccount", "--allow-privileged",
		"--kubelet-certificate-authority=" + p("ca.crt"), "--kubelet-client-certificate=" + p("client.crt"), "--kubelet-client-key=" + p("client.key"),
		"--kubelet-preferred-address-types=InternalIP",
		"--event-ttl=1h", "--profiling=false",
	}
	if r.auditLog != "" {
		apiserver = append(apiserver, "--audit-log-path="+r.auditLog, "--audit-policy-file="+p("audit-policy.yaml"))
	}
	r.add("kube-apiserver", self, apiserver, r.api.serverReady)
	if !r.controllers {
		return nil
	}

	config := p("components.kubeconfig")
	controllers := "*,-node-ipam-controller,-attachdetach"
	if r.nodes == 0 {
		// Nobody keeps the nodes alive: leave them, and the pods on them, as they were written.
		controllers += ",-node-lifecycle-controller,-taint-eviction-controller"
	}
	serving := []string{
		"--kubeconfig=" + config, "--leader-elect=false", "--bind-address=127.0.0.1", "--profiling=false",
		"--tls-cert-file=" + p("server.crt"), "--tls-private-key-file=" + p("server.key"),
		"--kube-api-qps=1000", "--kube-api-burst=2000",
	}
	r.add("kube-controller-manager", self, slices.Concat([]string{
		"kube-controller-manager", "--secure-port=" + strconv.Itoa(ports[3]),
		"--service-account-private-key-file=" + p("sa.key"), "--root-ca-file=" + p("ca.crt"), "--controllers=" + controllers,
	}, serving), r.api.healthy(ports[3]))
	r.add("kube-scheduler", self, slices.Concat([]string{"kube-scheduler", "--secure-port=" + strconv.Itoa(ports[4])}, serving), r.api.healthy(ports[4]))
	if r.nodes == 0 {
		return nil
	}

	forward, err := greeter()
	if err != nil {
		return err
	}
	ours, err := r.writeKubeletConfig(forward)
	if err != nil {
		return err
	}
	kwok := []string{"--kubeconfig=" + config}
	if r.kwokConfig != "" {
		kwok = append(kwok, "--config="+r.kwokConfig)
	}
	kubelet := strconv.Itoa(ports[5])
	r.add("kwok", r.kwok, append(kwok,
		"--config="+ours, "--manage-all-nodes", "--node-ip=127.0.0.1", "--node-port="+kubelet, "--server-address=127.0.0.1:"+kubelet,
		"--tls-cert-file="+p("server.crt"), "--tls-private-key-file="+p("server.key"),
	), func(ctx context.Context) error { return r.api.nodesReady(ctx, r.nodes) })
	r.store.kubeletPort = int32(ports[5])
	return nil
}

func (r *rig) add(name, binary string, args []string, ready func(context.Context) error) {
	c := &component{
		name: name, binary: binary, args: args, ready: ready, log: filepath.Join(r.dir, name+".log"), env: r.environment(),
		// A real control plane starts these again as well.
		restart: name != "etcd" && name != "kube-apiserver",
	}
	c.exited = func(status string) {
		r.say(map[string]any{"event": "exited", "component": name, "status": status, "restarts": c.restart})
	}
	r.components[name] = c
	r.order = append(r.order, name)
}

// environment keeps what a component might take from the user's own out of it.
func (r *rig) environment() []string {
	env := []string{"HOME=" + r.dir}
	for _, name := range []string{"PATH", "TMPDIR", "LANG", "TZ", "GOMAXPROCS"} {
		if value, ok := os.LookupEnv(name); ok {
			env = append(env, name+"="+value)
		}
	}
	return env
}

func url(port int) string { return "https://127.0.0.1:" + strconv.Itoa(port) }

// tail is the end of a log, for the error that names it.
func tail(path string) string {
	file, err := os.Open(path)
	if err != nil {
		return ""
	}
	defer file.Close()
	if info, err := file.Stat(); err == nil && info.Size() > 2000 {
		file.Seek(-2000, io.SeekEnd)
	}
	text, _ := io.ReadAll(file)
	return strings.TrimSpace(string(text))
}
