package main

import "time"

// reconnect breaks all connections and lets all streams come back at once with what they have, of
// which nothing has changed. A change afterwards shows that they are all there again.
func (l *load) reconnect() {
	l.fleet.close()
	time.Sleep(time.Second)
	l.server.idle(10 * time.Second)
	before := l.fleet
	l.fleet = newFleet(l.targets, before)
	l.server.peak.Store(0)
	start := l.account()
	startAt := now()
	l.fleet.launch(before)
	// Who has nothing to tell says nothing: the end shows in the server's own idleness.
	eventually(*timeout, 50*time.Millisecond, func() bool {
		l.server.idle(*timeout)
		return now()-l.fleet.lastMessage() > int64(500*time.Millisecond)
	})
	used := l.account().since(start)
	last := max(l.fleet.lastMessage(), startAt)
	l.targets.take()
	mark := l.targets.put(l.etcd, 0)
	alive := l.awaitEverywhere(mark)
	report("reconnect", map[string]any{
		"complete": alive, "received": len(l.targets.take()),
		"bytesPerStream":    per(used.bytes, *streamCount),
		"messagesPerStream": per(used.messages, *streamCount),
		"lastMessageMs":     ms(last - startAt), "cpuMs": used.cpuMs,
		"rssPeakKB": l.server.peak.Load(),
	})
}
