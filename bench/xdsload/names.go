package main

import (
	"math/rand"
	"sync"
)

// names of the resources that streams of one view subscribe to, as the server told them, and the
// versions that they have. What 1,000 streams send alike is encoded once for each order of names:
// a server must not gain from all of them asking in one order, which Envoys do not.
type names struct {
	mu       sync.Mutex
	known    map[string]bool
	list     []string
	requests [][]byte
	versions map[string]string
	initial  [][]byte
}

// add collects names while no stream has asked for them yet.
func (n *names) add(name string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.requests != nil || n.known[name] {
		return
	}
	if n.known == nil {
		n.known = map[string]bool{}
	}
	n.known[name] = true
	n.list = append(n.list, name)
}

// complete says whether names need not be collected any more.
func (n *names) complete() bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.requests != nil
}

func (n *names) count() int {
	n.mu.Lock()
	defer n.mu.Unlock()
	return len(n.list)
}

// request is field 3 of both requests: the names to subscribe to.
func (n *names) request(stream int) []byte {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.requests == nil {
		n.requests = make([][]byte, *nameOrders)
	}
	order := stream % *nameOrders
	if n.requests[order] == nil {
		for _, name := range shuffled(n.list, order) {
			n.requests[order] = appendField(n.requests[order], 3, name)
		}
	}
	return n.requests[order]
}

func (n *names) learn(name, version string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.versions == nil {
		n.versions = map[string]string{}
	}
	n.versions[name] = version
}

// initialVersions is field 5 of DeltaDiscoveryRequest: what a stream has that connects again.
func (n *names) initialVersions(stream int) []byte {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.initial == nil {
		n.initial = make([][]byte, *nameOrders)
	}
	order := stream % *nameOrders
	if n.initial[order] == nil {
		list := make([]string, 0, len(n.versions))
		for name := range n.versions {
			list = append(list, name)
		}
		var entry []byte
		for _, name := range shuffled(list, order) {
			entry = appendField(appendField(entry[:0], 1, name), 2, n.versions[name])
			n.initial[order] = appendField(n.initial[order], 5, entry)
		}
	}
	return n.initial[order]
}

func shuffled(list []string, order int) []string {
	out := append([]string(nil), list...)
	if order > 0 {
		random := rand.New(rand.NewSource(int64(order)))
		random.Shuffle(len(out), func(i, j int) { out[i], out[j] = out[j], out[i] })
	}
	return out
}
