package main

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"time"
)

// process is the server as /proc shows it, children included. Its CPU comes in ticks of 10 ms.
type process struct {
	pid  int
	peak atomic.Int64
	done chan struct{}
}

func followProcess(pid int) *process {
	p := &process{pid: pid, done: make(chan struct{})}
	go func() {
		for {
			p.peak.Store(max(p.peak.Load(), p.rssKB()))
			select {
			case <-p.done:
				return
			case <-time.After(50 * time.Millisecond):
			}
		}
	}()
	return p
}

func (p *process) stop() { close(p.done) }

func (p *process) cpuMs() int64 {
	var ticks int64
	p.each(func(fields []string) { ticks += number(fields[11]) + number(fields[12]) })
	return 10 * ticks
}

func (p *process) rssKB() int64 {
	var pages int64
	p.each(func(fields []string) { pages += number(fields[21]) })
	return pages * int64(os.Getpagesize()) / 1024
}

// each gives the fields of /proc/<pid>/stat from the third on.
func (p *process) each(f func(fields []string)) {
	if p.pid == 0 {
		return
	}
	for _, pid := range family(p.pid) {
		b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
		if err != nil {
			continue
		}
		text := string(b)
		f(strings.Fields(text[strings.LastIndex(text, ")")+2:]))
	}
}

func family(pid int) []int {
	found := []int{pid}
	for i := 0; i < len(found); i++ {
		b, _ := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/children", found[i], found[i]))
		for _, child := range strings.Fields(string(b)) {
			found = append(found, int(number(child)))
		}
	}
	return found
}

func number(text string) int64 {
	n, _ := strconv.ParseInt(text, 10, 64)
	return n
}

// settledRSS is memory after a collection, where the server can be told to collect; else the least
// of a few seconds without work, which for Node.js and Java is more than what is in use.
func (p *process) settledRSS() int64 {
	if p.pid == 0 {
		return 0
	}
	if *gcSignal {
		for _, pid := range family(p.pid) {
			_ = syscall.Kill(pid, syscall.SIGUSR2)
		}
		time.Sleep(1500 * time.Millisecond)
		return p.rssKB()
	}
	least := p.rssKB()
	for quiet := 0; quiet < 12; quiet++ {
		time.Sleep(250 * time.Millisecond)
		if rss := p.rssKB(); rss < least-least/100 {
			least, quiet = rss, 0
		}
	}
	return min(least, p.rssKB())
}

// idle waits until the server has used no more than a tick of CPU in 300 ms, and returns when.
func (p *process) idle(limit time.Duration) {
	for deadline := time.Now().Add(limit); time.Now().Before(deadline); {
		before := p.cpuMs()
		time.Sleep(300 * time.Millisecond)
		if p.cpuMs()-before <= 10 {
			return
		}
	}
}
