package main

import (
	_ "embed"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"
)

//go:embed kubelet.yaml
var kubeletStages string

// writeKubeletConfig writes kwok's configuration: the stages, and what stands in for the containers.
func (r *rig) writeKubeletConfig(forward int) (string, error) {
	r.logFile = filepath.Join(r.dir, "container.log")
	previous := filepath.Join(r.dir, "container-previous.log")
	began := time.Now().Add(-10 * time.Minute)
	var lines strings.Builder
	for i := range 200 {
		fmt.Fprintf(&lines, "%s stdout F level=info msg=\"request served\" seq=%d path=/orders/%d status=200 ms=%d\n",
			began.Add(time.Duration(i)*3*time.Second).UTC().Format(time.RFC3339Nano), i+1, 1000+i*7, 3+i*13%90)
	}
	files := map[string]string{
		r.logFile: lines.String(),
		previous:  began.Add(-time.Minute).UTC().Format(time.RFC3339Nano) + " stderr F panic: runtime error: invalid memory address or nil pointer dereference\n",
	}
	for path, text := range files {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			return "", err
		}
	}

	var config strings.Builder
	config.WriteString(kubeletStages)
	add := func(kind, spec string) {
		fmt.Fprintf(&config, "---\napiVersion: kwok.x-k8s.io/v1alpha1\nkind: %s\nmetadata: {name: rig}\nspec: %s\n", kind, spec)
	}
	add("ClusterLogs", fmt.Sprintf("{logs: [{logsFile: %q, previousLogsFile: %q, follow: true}]}", r.logFile, previous))
	add("ClusterAttach", fmt.Sprintf("{attaches: [{logsFile: %q}]}", r.logFile))
	add("ClusterPortForward", fmt.Sprintf("{forwards: [{target: {address: 127.0.0.1, port: %d}}]}", forward))
	if r.exec {
		work := filepath.Join(r.dir, "exec")
		if err := os.MkdirAll(work, 0o700); err != nil {
			return "", err
		}
		add("ClusterExec", fmt.Sprintf("{execs: [{local: {workDir: %q}}]}", work))
	}
	path := filepath.Join(r.dir, "kwok.yaml")
	return path, os.WriteFile(path, []byte(config.String()), 0o600)
}

// greeter is what every forwarded port of every pod leads to.
func greeter() (int, error) {
	listener, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	go http.Serve(listener, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, "hello from the rig: %s\n", r.URL.Path)
	}))
	return listener.Addr().(*net.TCPAddr).Port, nil
}
