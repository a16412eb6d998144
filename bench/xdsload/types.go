package main

// The types that a stream asks for, in this order.
const (
	typeRTDS = iota
	typeCDS
	typeEDS
	typeLDS
	typeRDS
	typeSRDS
	typeCount
)

var typeURLs = [typeCount]string{
	"type.googleapis.com/envoy.service.runtime.v3.Runtime",
	"type.googleapis.com/envoy.config.cluster.v3.Cluster",
	"type.googleapis.com/envoy.config.endpoint.v3.ClusterLoadAssignment",
	"type.googleapis.com/envoy.config.listener.v3.Listener",
	"type.googleapis.com/envoy.config.route.v3.RouteConfiguration",
	"type.googleapis.com/envoy.config.route.v3.ScopedRouteConfiguration",
}

func typeOf(url []byte) (int, bool) {
	for t := range typeURLs {
		if string(url) == typeURLs[t] {
			return t, true
		}
	}
	return 0, false
}

// order of subscription; each is asked for when the one before is complete, as Envoy does.
func subscribed() []int {
	routes := typeRDS
	if *scopes {
		routes = typeSRDS
	}
	order := []int{typeCDS, typeEDS, typeLDS, routes}
	if *layers {
		order = append([]int{typeRTDS}, order...)
	}
	return order
}

func viewOf(stream int) int {
	if *shape != "views" {
		return 0
	}
	return stream % *views
}
