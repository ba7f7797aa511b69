// Command control-plane is a whole Kubernetes control plane for tests: one binary that is either one of the
// components (first argument) or, as `up`, the thing that starts all of them on loopback.
package main

import (
	"fmt"
	"os"
	_ "time/tzdata"

	"github.com/spf13/cobra"
	"go.etcd.io/etcd/server/v3/etcdmain"
	"k8s.io/component-base/cli"
	_ "k8s.io/component-base/logs/json/register"
	_ "k8s.io/component-base/metrics/prometheus/clientgo"
	_ "k8s.io/component-base/metrics/prometheus/version"
	"k8s.io/component-base/version"
	apiserver "k8s.io/kubernetes/cmd/kube-apiserver/app"
	controllermanager "k8s.io/kubernetes/cmd/kube-controller-manager/app"
	scheduler "k8s.io/kubernetes/cmd/kube-scheduler/app"
)

const usage = `usage: control-plane up [flags]              a control plane on loopback; see up --help
       control-plane COMPONENT [its flags]   COMPONENT: etcd, kube-apiserver, kube-controller-manager, kube-scheduler
`

func main() {
	if len(os.Args) < 2 {
		fmt.Fprint(os.Stderr, usage)
		os.Exit(2)
	}
	name := os.Args[1]
	args := append([]string{name}, os.Args[2:]...)
	switch name {
	case "up":
		os.Exit(up(os.Args[2:]))
	case "etcd":
		etcdmain.Main(args)
	case "kube-apiserver":
		run(args, apiserver.NewAPIServerCommand)
	case "kube-controller-manager":
		run(args, controllermanager.NewControllerManagerCommand)
	case "kube-scheduler":
		run(args, func() *cobra.Command { return scheduler.NewSchedulerCommand() })
	default:
		fmt.Fprint(os.Stderr, usage)
		os.Exit(2)
	}
}

// kubernetesVersion is the one that the linker was told.
func kubernetesVersion() string { return version.Get().GitVersion }

// run is what each component's own main does; the command reads os.Args, so these become its own.
func run(args []string, command func() *cobra.Command) {
	os.Args = args
	os.Exit(cli.Run(command()))
}
