package main

import "time"

// putSteadily puts changes at *rate for a time, whatever becomes of them, and returns the last value
// of each target and the number of changes.
func (l *load) putSteadily(length time.Duration) (final []int32, count int) {
	final = make([]int32, len(l.targets.services))
	start := time.Now()
	for ; ; count++ {
		due := start.Add(time.Duration(float64(count) / *rate * float64(time.Second)))
		if due.Sub(start) >= length {
			return final, count
		}
		time.Sleep(time.Until(due))
		target := count % len(final)
		final[target] = int32(l.targets.put(l.etcd, target))
	}
}

// converged waits until all streams have the last values. It returns for each that has them how
// long after end that was, ns.
func (l *load) converged(final []int32, end int64) []int64 {
	var after []int64
	eventually(*churnLimit, 5*time.Millisecond, func() bool {
		after = after[:0]
		for _, s := range l.fleet.streams {
			if at, all := s.has(final); all {
				after = append(after, max(0, at-end))
			}
		}
		return len(after) == len(l.fleet.streams)
	})
	return after
}

// has says whether a stream has these values of the targets, and since when; 0 was never put.
func (s *stream) has(final []int32) (since int64, all bool) {
	for i, value := range final {
		if value == 0 {
			continue
		}
		if s.value[i].Load() != value {
			return 0, false
		}
		since = max(since, s.valueAt[i].Load())
	}
	return since, true
}

// churn makes changes faster than a server may be able to serve them one by one.
func (l *load) churn() {
	l.targets.take()
	before := l.account()
	l.server.peak.Store(0)
	final, count := l.putSteadily(*churnFor)
	after := l.converged(final, now())
	l.server.idle(10 * time.Second)
	used := l.account().since(before)
	times := l.targets.take()
	report("churn", map[string]any{
		"kind": *kind, "changes": count, "streams": len(after),
		"lastP50Ms": quantileMs(after, 0.5), "lastMaxMs": quantileMs(after, 1),
		"ageP50Ms": quantileMs(times, 0.5), "ageP99Ms": quantileMs(times, 0.99),
		"messagesPerStream": per(used.messages, *streamCount),
		"bytesPerStream":    per(used.bytes, *streamCount),
		"cpuMs":             used.cpuMs, "rssPeakKB": l.server.peak.Load(),
	})
}

const holdSamples = 60

// hold goes on for long: memory must not grow, nor changes become later.
func (l *load) hold() {
	l.targets.take()
	before := l.account()
	type sample struct {
		AtS   int     `json:"atS"`
		RssKB int64   `json:"rssKB"`
		P50Ms float64 `json:"p50Ms"`
		P99Ms float64 `json:"p99Ms"`
	}
	var samples []sample
	ticker := time.NewTicker(max(time.Second, *holdFor/holdSamples))
	done, stopped := make(chan struct{}), make(chan struct{})
	start := time.Now()
	look := func() {
		times := l.targets.take()
		samples = append(samples, sample{
			int(time.Since(start).Seconds()), l.server.rssKB(),
			quantileMs(times, 0.5), quantileMs(times, 0.99),
		})
	}
	go func() {
		defer close(stopped)
		for {
			select {
			case <-ticker.C:
				look()
			case <-done:
				return
			}
		}
	}()
	final, count := l.putSteadily(*holdFor)
	after := l.converged(final, now())
	ticker.Stop()
	close(done)
	<-stopped
	l.server.idle(10 * time.Second)
	used := l.account().since(before)
	report("hold", map[string]any{
		"kind": *kind, "changes": count, "streams": len(after), "lastMaxMs": quantileMs(after, 1),
		"samples": samples, "rssSettledKB": l.server.settledRSS(),
		"cpuMs": used.cpuMs, "messagesPerStream": per(used.messages, *streamCount),
		"streamErrors": l.fleet.failed.Load(),
	})
}
