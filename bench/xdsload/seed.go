package main

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"

	clientv3 "go.etcd.io/etcd/client/v3"
)

// What serin takes as a gateway has at most 64 listeners, and one transaction of etcd 128 writes.
const (
	listenersPerGateway = 50
	writesPerCommit     = 100
)

func serviceName(i int) string { return fmt.Sprintf("svc-%05d", i) }

func endpointKey(service, endpoint int, version string) string {
	return *prefix + "endpoints/" + serviceName(service) + "/" + version + "-" + strconv.Itoa(endpoint)
}

func endpointValue(service, endpoint int, version string, weight int) string {
	// No two endpoints share an address, or a server could leave one out.
	address := fmt.Sprintf("10.%d.%d.%s:%d", service>>8, service&255, version[1:], 8000+endpoint)
	return fmt.Sprintf(`{"address":%q,"version":%q,"weight":%d}`, address, version, weight)
}

func weightsKey(service int) string { return *prefix + "weights/" + serviceName(service) }

// weightsValue has the sum 10,000, which is serin's: what is put is what is served, by every server.
func weightsValue(v1 int) string { return fmt.Sprintf(`{"v1":%d,"v2":%d}`, v1, 10_000-v1) }

func restingWeights(service int) string {
	switch {
	case *shape != "one":
		return `{"v1":90,"v2":10}`
	case service < *inRelease:
		return weightsValue(9_000)
	default:
		return `{"v1":100,"v2":0}`
	}
}

type writer struct {
	etcd *clientv3.Client
	ops  []clientv3.Op
}

func (w *writer) put(key, value string) {
	w.ops = append(w.ops, clientv3.OpPut(key, value))
	if len(w.ops) == writesPerCommit {
		w.commit()
	}
}

func (w *writer) commit() {
	if len(w.ops) == 0 {
		return
	}
	_, err := w.etcd.Txn(context.Background()).Then(w.ops...).Commit()
	must(err)
	w.ops = w.ops[:0]
}

func seed(etcd *clientv3.Client) {
	_, err := etcd.Delete(context.Background(), *prefix, clientv3.WithPrefix())
	must(err)
	w := &writer{etcd: etcd}
	for service := range services() {
		for _, version := range []string{"v1", "v2"} {
			for endpoint := range *endpoints {
				w.put(endpointKey(service, endpoint, version), endpointValue(service, endpoint, version, 90))
			}
		}
		w.put(weightsKey(service), restingWeights(service))
		if *canaries {
			w.put(*prefix+"routes/"+serviceName(service), canaryRoute(serviceName(service)))
		}
	}
	gateways := seedGateways(w)
	w.commit()
	report("seed", map[string]any{"services": services(), "gateways": gateways})
}

// canaryRoute is what a service under release has: testers by header, the other users by weight.
func canaryRoute(service string) string {
	return fmt.Sprintf(`{"hostnames":[%[1]q],"rules":[
		{"matches":[{"headers":[{"name":"x-canary","value":"true"}]}],"backendRefs":[{"name":%[1]q,"subset":"v2"}]},
		{"hashSplit":{"headers":[{"name":"x-user-id"}],"salt":"r7"},"backendRefs":[{"name":%[1]q}]}]}`, service)
}

type gatewayListener struct {
	Name     string   `json:"name"`
	Port     int      `json:"port"`
	Services []string `json:"services,omitempty"`
	Delivery string   `json:"routeDelivery,omitempty"`
}

// seedGateways is for serin alone: the peers make their listeners of the services.
func seedGateways(w *writer) int {
	if *shape == "one" {
		all := gatewayListener{Name: "all", Port: 10_000}
		if *scopes {
			all.Delivery = "Scoped"
		}
		return putGateway(w, "edge", nodeCluster(0), []gatewayListener{all})
	}
	shown, sets := shownServices(), 1
	if *shape == "views" {
		sets = *views
	}
	count := 0
	for set := range sets {
		for first := 0; first < shown; first += listenersPerGateway {
			var listeners []gatewayListener
			for i := first; i < min(first+listenersPerGateway, shown); i++ {
				name := serviceName(i)
				listeners = append(listeners, gatewayListener{Name: name, Port: 10_000 + i, Services: []string{name}})
			}
			// Short, because it is in each route configuration.
			count += putGateway(w, fmt.Sprintf("g%d", count), nodeCluster(set), listeners)
		}
	}
	return count
}

// shownServices is how many services a stream has routes for.
func shownServices() int {
	if *shape == "views" && *viewServices > 0 {
		return min(*viewServices, services())
	}
	return services()
}

func putGateway(w *writer, name, cluster string, listeners []gatewayListener) int {
	value, err := json.Marshal(map[string]any{
		"nodeSelector": map[string]string{"cluster": cluster},
		"addresses":    []map[string]string{{"value": "127.0.0.1"}},
		"listeners":    listeners,
	})
	must(err)
	w.put(*prefix+"gateways/"+name, string(value))
	return 1
}

// nodeCluster of the n-th stream: it selects the view.
func nodeCluster(n int) string {
	if *shape != "views" {
		return "bench"
	}
	return fmt.Sprintf("bench-%02d", n%*views)
}
