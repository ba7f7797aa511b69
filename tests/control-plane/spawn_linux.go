package main

import (
	"runtime"
	"syscall"
)

// childAttributes lets a child die with us, even when we are killed. The kernel means the thread that started the
// child, hence onSpawner. Its own process group keeps the terminal's interrupt key from it.
func childAttributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL, Setpgid: true}
}

var spawner = func() chan func() {
	work := make(chan func())
	go func() {
		runtime.LockOSThread() // never unlocked: this thread lives as long as the process
		for f := range work {
			f()
		}
	}()
	return work
}()

func onSpawner(f func() error) error {
	done := make(chan error)
	spawner <- func() { done <- f() }
	return <-done
}
