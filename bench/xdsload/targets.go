package main

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"
)

// targets are the objects that changes are made to, when each change was put, and how many streams
// have it.
type targets struct {
	// Type in which changes arrive.
	typeOf int
	// The index of a target by the name that eachMark finds.
	index    map[string]int
	services []int
	putAt    [marks + firstMark]atomic.Int64
	seen     [marks + firstMark]atomic.Int32
	mark     int

	mu        sync.Mutex
	latencies []int64
	// Streams that a change must reach; told when it has.
	expected atomic.Int32
	reached  chan int
}

// freshMark starts where the runs before have not been of late: a value that is there already would
// be no change.
func freshMark() int {
	const perSecond = 40 // More than the rate at which runs use them.
	return firstMark + int(time.Now().Unix()*perSecond%marks)
}

func newTargets() *targets {
	t := &targets{typeOf: typeEDS, index: map[string]int{}, mark: freshMark(), reached: make(chan int, 64)}
	shown := shownServices()
	if *shape == "one" {
		shown = min(shown, *inRelease)
	}
	count := min(*targetCount, shown)
	for i := range count {
		service := i * (shown / count)
		t.services = append(t.services, service)
		name := serviceName(service)
		if *kind == "eds" {
			name += "/v1"
		}
		t.index[name] = i
	}
	if *kind == "rds" {
		t.typeOf = typeRDS
		if *layers {
			t.typeOf = typeRTDS
		} else if *scopes {
			t.typeOf = typeSRDS
		}
	}
	return t
}

// put writes a new value of a target and returns it. Each value comes up again only after all others.
func (t *targets) put(etcd *clientv3.Client, target int) int {
	t.mark++
	if t.mark == firstMark+marks {
		t.mark = firstMark
	}
	mark, service := t.mark, t.services[target]
	t.seen[mark].Store(0)
	t.putAt[mark].Store(now())
	key, value := weightsKey(service), weightsValue(mark)
	if *kind == "eds" {
		key, value = endpointKey(service, 0, "v1"), endpointValue(service, 0, "v1", mark)
	}
	_, err := etcd.Put(context.Background(), key, value)
	must(err)
	return mark
}

// arrived notes that a stream has got a value for the first time.
func (t *targets) arrived(mark int, at int64) {
	if mark < firstMark || mark >= firstMark+marks {
		return
	}
	put := t.putAt[mark].Load()
	if put == 0 {
		return
	}
	t.mu.Lock()
	t.latencies = append(t.latencies, at-put)
	t.mu.Unlock()
	if t.seen[mark].Add(1) == t.expected.Load() {
		select {
		case t.reached <- mark:
		default:
		}
	}
}

// take returns the times from put to receipt since it was last called.
func (t *targets) take() []int64 {
	t.mu.Lock()
	defer t.mu.Unlock()
	taken := t.latencies
	t.latencies = nil
	return taken
}
