//go:build !linux

package main

import "syscall"

// childAttributes: without Linux' parent death signal, children outlive a SIGKILL of `up`.
func childAttributes() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }

func onSpawner(f func() error) error { return f() }
