package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

// component is one process of the control plane, and how to start it again.
type component struct {
	name, binary, log string
	args, env         []string
	ready             func(context.Context) error
	restart           bool // start it again when it ends by itself
	exited            func(status string)

	mu      sync.Mutex
	process *os.Process
	gone    chan struct{} // closed when the process has been waited for
	wanted  bool          // false: it is meant to end
	stopped bool          // by SIGSTOP
}

func (c *component) pid() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.process == nil {
		return 0
	}
	return c.process.Pid
}

// retire says that the process is meant to end, so that its end is no event.
func (c *component) retire() {
	c.mu.Lock()
	c.wanted = false
	c.mu.Unlock()
}

func (c *component) kill() error {
	c.mu.Lock()
	process, gone := c.process, c.gone
	c.mu.Unlock()
	if process == nil {
		return errors.New(c.name + " is not running")
	}
	process.Signal(syscall.SIGKILL) // ends a stopped process too
	<-gone
	return nil
}

func (c *component) signal(signal os.Signal) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.process == nil {
		return errors.New(c.name + " is not running")
	}
	c.stopped = signal == syscall.SIGSTOP
	return c.process.Signal(signal)
}

// runs says whether it is neither dead nor stopped.
func (c *component) runs() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.process != nil && !c.stopped
}

// start runs the process and waits until it is ready, or has ended, or the time is over.
func (c *component) start(ctx context.Context) error {
	c.mu.Lock()
	if c.process != nil {
		c.mu.Unlock()
		return errors.New(c.name + " is running already")
	}
	c.wanted = true
	err := c.spawn()
	gone := c.gone
	c.mu.Unlock()
	if err != nil {
		return err
	}
	for {
		attempt, cancel := context.WithTimeout(ctx, 5*time.Second)
		err := c.ready(attempt)
		cancel()
		if err == nil {
			return nil
		}
		select {
		case <-gone:
			return fmt.Errorf("%s ended before it was ready; the end of its log:\n%s", c.name, tail(c.log))
		case <-ctx.Done():
			return fmt.Errorf("%w; last answer: %w", context.Cause(ctx), err)
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// spawn runs the process; c.mu is held.
func (c *component) spawn() error {
	log, err := os.OpenFile(c.log, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	defer log.Close()
	cmd := exec.Command(c.binary, c.args...)
	cmd.Env = c.env
	cmd.Dir = filepath.Dir(c.log)
	cmd.Stdout, cmd.Stderr = log, log
	cmd.SysProcAttr = childAttributes()
	if err := onSpawner(cmd.Start); err != nil {
		return fmt.Errorf("%s: %w", c.name, err)
	}
	gone := make(chan struct{})
	c.process, c.gone, c.stopped = cmd.Process, gone, false
	go func() {
		err := cmd.Wait()
		c.mu.Lock()
		c.process = nil
		unexpected := c.wanted
		c.mu.Unlock()
		close(gone)
		if !unexpected {
			return
		}
		status := "exit status 0"
		if err != nil {
			status = err.Error()
		}
		c.exited(status)
		if c.restart {
			time.Sleep(time.Second)
			c.mu.Lock()
			if c.wanted && c.process == nil {
				c.spawn()
			}
			c.mu.Unlock()
		}
	}()
	return nil
}

// takePorts finds free ports on 127.0.0.1. They lie below the range from which the kernel takes ports for outgoing
// connections, since a port must still be free when its server starts again; and the UDP port of the same number
// stays ours, which is what keeps two rigs from choosing the same one.
func takePorts(count int) ([]int, error) {
	low, high := 16000, 32000
	if text, err := os.ReadFile("/proc/sys/net/ipv4/ip_local_port_range"); err == nil {
		if fields := strings.Fields(string(text)); len(fields) == 2 {
			if first, err := strconv.Atoi(fields[0]); err == nil && first >= 12000 {
				low, high = max(10000, first-16000), first
			}
		}
	}
	var ports []int
	for range 10000 {
		port := low + rand.IntN(high-low)
		address := "127.0.0.1:" + strconv.Itoa(port)
		claim, err := net.ListenPacket("udp4", address)
		if err != nil {
			continue
		}
		listener, err := net.Listen("tcp4", address)
		if err != nil {
			claim.Close()
			continue
		}
		listener.Close()
		claims = append(claims, claim)
		if ports = append(ports, port); len(ports) == count {
			return ports, nil
		}
	}
	return nil, errors.New("no free ports on 127.0.0.1")
}

// claims are the UDP ports that say which TCP ports are ours.
var claims []net.PacketConn

const tempPrefix = "skylark-rig-"

// sweep removes the directories of runs that were killed.
func sweep() {
	dirs, _ := filepath.Glob(filepath.Join(os.TempDir(), tempPrefix+"*"))
	for _, dir := range dirs {
		info, err := os.Lstat(dir)
		if err != nil || !info.IsDir() || time.Since(info.ModTime()) < time.Minute {
			continue // perhaps not locked yet
		}
		if lock(filepath.Join(dir, "lock")) == nil {
			os.RemoveAll(dir)
		}
	}
}

// lock takes the lock, kept until this process ends, or says that another has it.
func lock(path string) error {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR|syscall.O_CLOEXEC, 0o600)
	if err != nil {
		return err
	}
	if err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		file.Close()
		return err
	}
	locks = append(locks, file)
	return nil
}

var locks []*os.File
