package main

import (
	"encoding/json"
	"strings"

	route "github.com/envoyproxy/go-control-plane/envoy/config/route/v3"
	"github.com/envoyproxy/go-control-plane/pkg/cache/types"
	"github.com/envoyproxy/go-control-plane/pkg/resource/v3"
)

// instance is the value of endpoints/<service>/<id>.
type instance struct {
	Address string `json:"address"`
	Version string `json:"version"`
	Weight  uint32 `json:"weight"`
}

// objects are what etcd holds, and the resources made of them.
type objects struct {
	// By key.
	instances map[string]instance
	// By cluster, then by key.
	clusters map[string]map[string]instance
	// By service, then by version.
	weights   map[string]map[string]uint32
	hosts     map[string]*route.VirtualHost
	ports     map[string]uint32
	resources map[string]map[string]types.Resource
	dirty     map[string]map[string]bool
}

func newObjects() *objects {
	return &objects{
		instances: map[string]instance{},
		clusters:  map[string]map[string]instance{},
		weights:   map[string]map[string]uint32{},
		hosts:     map[string]*route.VirtualHost{},
		ports:     map[string]uint32{},
		resources: map[string]map[string]types.Resource{},
		dirty:     map[string]map[string]bool{},
	}
}

func (o *objects) mark(typeURL, name string) {
	if o.dirty[typeURL] == nil {
		o.dirty[typeURL] = map[string]bool{}
	}
	o.dirty[typeURL][name] = true
}

func (o *objects) apply(key string, value []byte, deleted bool) {
	path := strings.TrimPrefix(key, *prefix)
	if rest, found := strings.CutPrefix(path, "endpoints/"); found {
		service, _, _ := strings.Cut(rest, "/")
		o.applyInstance(service, key, value, deleted)
	} else if service, found := strings.CutPrefix(path, "weights/"); found {
		o.applyWeights(service, value, deleted)
	}
}

func (o *objects) applyInstance(service, key string, value []byte, deleted bool) {
	var next instance
	if !deleted && json.Unmarshal(value, &next) != nil {
		return
	}
	if before, known := o.instances[key]; known {
		o.leave(service+"/"+before.Version, key)
		delete(o.instances, key)
	}
	if deleted {
		return
	}
	cluster := service + "/" + next.Version
	o.instances[key] = next
	if o.clusters[cluster] == nil {
		o.clusters[cluster] = map[string]instance{}
	}
	o.clusters[cluster][key] = next
	o.mark(resource.EndpointType, cluster)
	if _, made := o.resources[resource.ClusterType][cluster]; !made {
		o.mark(resource.ClusterType, cluster)
	} else {
		delete(o.dirty[resource.ClusterType], cluster)
	}
}

func (o *objects) leave(cluster, key string) {
	delete(o.clusters[cluster], key)
	o.mark(resource.EndpointType, cluster)
	if len(o.clusters[cluster]) == 0 {
		o.mark(resource.ClusterType, cluster)
	}
}

func (o *objects) applyWeights(service string, value []byte, deleted bool) {
	weights := map[string]uint32{}
	if !deleted && json.Unmarshal(value, &weights) != nil {
		return
	}
	_, known := o.weights[service]
	if deleted {
		delete(o.weights, service)
		delete(o.hosts, service)
	} else {
		o.weights[service] = weights
		o.hosts[service] = virtualHost(service, weights)
	}
	if *shape == "one" {
		o.mark(resource.ListenerType, oneForAll)
		o.mark(resource.RouteType, oneForAll)
		if known && o.resources[resource.ListenerType][oneForAll] != nil {
			delete(o.dirty[resource.ListenerType], oneForAll)
		}
		return
	}
	o.mark(resource.RouteType, service)
	if !known || deleted {
		o.mark(resource.ListenerType, service)
	}
}

// build makes what is dirty anew.
func (o *objects) build() update {
	u := update{made: map[string]map[string]types.Resource{}, gone: map[string][]string{}}
	for typeURL, names := range o.dirty {
		if o.resources[typeURL] == nil {
			o.resources[typeURL] = map[string]types.Resource{}
		}
		u.made[typeURL] = map[string]types.Resource{}
		for name := range names {
			if made := o.make(typeURL, name); made != nil {
				o.resources[typeURL][name] = made
				u.made[typeURL][name] = made
			} else {
				delete(o.resources[typeURL], name)
				u.gone[typeURL] = append(u.gone[typeURL], name)
			}
		}
	}
	o.dirty = map[string]map[string]bool{}
	return u
}

// make returns nil for what is not there any more.
func (o *objects) make(typeURL, name string) types.Resource {
	switch typeURL {
	case resource.ClusterType:
		if len(o.clusters[name]) > 0 {
			return cluster(name)
		}
	case resource.EndpointType:
		if len(o.clusters[name]) > 0 {
			return assignment(name, o.clusters[name])
		}
	case resource.ListenerType:
		if o.weights[name] != nil || name == oneForAll {
			return listenerOf(name, o.port(name))
		}
	case resource.RouteType:
		if name == oneForAll {
			return routeConfiguration(name, sorted(o.hosts))
		}
		if host := o.hosts[name]; host != nil {
			return routeConfiguration(name, []*route.VirtualHost{host})
		}
	}
	return nil
}

const firstPort = 10_000

func (o *objects) port(listener string) uint32 {
	if o.ports[listener] == 0 {
		o.ports[listener] = uint32(firstPort + len(o.ports))
	}
	return o.ports[listener]
}
