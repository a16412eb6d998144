package main

import (
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"
)

// load is one run: its phases follow each other on the same streams.
type load struct {
	etcd    *clientv3.Client
	server  *process
	targets *targets
	fleet   *fleet
}

func newLoad(etcd *clientv3.Client, server *process) *load {
	targets := newTargets()
	targets.expected.Store(int32(*streamCount))
	return &load{etcd: etcd, server: server, targets: targets, fleet: newFleet(targets, nil)}
}

// account is what the streams and the server had used at one time.
type account struct{ bytes, messages, cpuMs int64 }

func (l *load) account() account {
	bytes, messages := l.fleet.traffic()
	return account{bytes, messages, l.server.cpuMs()}
}

func (a account) since(b account) account {
	return account{a.bytes - b.bytes, a.messages - b.messages, a.cpuMs - b.cpuMs}
}

// warm connects all streams at once and waits until each has everything.
func (l *load) warm() bool {
	idleKB := l.server.settledRSS()
	before := l.account()
	start := now()
	l.fleet.launch(nil)
	complete := l.fleet.awaitWarm(*timeout)
	wall := now() - start
	l.server.idle(10 * time.Second)
	used := l.account().since(before)
	peakKB := l.server.peak.Load()
	settledKB := l.server.settledRSS()
	var each []int64
	for _, s := range l.fleet.streams {
		if s.warm {
			each = append(each, s.warmAfter)
		}
	}
	report("warm", map[string]any{
		"streams": len(each), "complete": complete,
		"p50Ms": quantileMs(each, 0.5), "maxMs": ms(wall), "cpuMs": used.cpuMs,
		"bytesPerStream": per(used.bytes, *streamCount),
		"rssIdleKB":      idleKB, "rssSettledKB": settledKB, "rssPeakKB": peakKB,
		"rssPerStreamKB": per(settledKB-idleKB, *streamCount),
	})
	return complete
}

// awaitEverywhere waits until all streams have a value.
func (l *load) awaitEverywhere(mark int) bool {
	timer := time.NewTimer(*timeout)
	defer timer.Stop()
	for {
		select {
		case reached := <-l.targets.reached:
			if reached == mark {
				return true
			}
		case <-timer.C:
			return false
		}
	}
}

// The first change after warm-up pays for what is made only once.
const uncounted = 1

// change makes single changes, each after the one before has arrived everywhere.
func (l *load) change() {
	var before account
	var last []int64
	lost := 0
	for i := range uncounted + *changes {
		if i == uncounted {
			l.targets.take()
			before = l.account()
		}
		mark := l.targets.put(l.etcd, i%len(l.targets.services))
		if !l.awaitEverywhere(mark) {
			if lost++; lost > 2 {
				break
			}
		}
		last = append(last, now()-l.targets.putAt[mark].Load())
		time.Sleep(*gap)
	}
	l.server.idle(10 * time.Second)
	used := l.account().since(before)
	times := l.targets.take()
	report("change", map[string]any{
		"kind": *kind, "changes": *changes, "lost": lost, "received": len(times),
		"p50Ms": quantileMs(times, 0.5), "p99Ms": quantileMs(times, 0.99), "maxMs": quantileMs(times, 1),
		"lastStreamP50Ms":         quantileMs(last[min(uncounted, len(last)):], 0.5),
		"cpuMsPerChange":          per(used.cpuMs, *changes),
		"cpuUsPerStreamChange":    per(used.cpuMs*1000, *changes**streamCount),
		"bytesPerStreamChange":    per(used.bytes, *changes**streamCount),
		"messagesPerStreamChange": per(used.messages, *changes**streamCount),
	})
}
