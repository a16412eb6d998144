package main

import (
	"context"
	"log"
	"strconv"

	core "github.com/envoyproxy/go-control-plane/envoy/config/core/v3"
	"github.com/envoyproxy/go-control-plane/pkg/cache/types"
	"github.com/envoyproxy/go-control-plane/pkg/cache/v3"
	"github.com/envoyproxy/go-control-plane/pkg/resource/v3"
)

var allTypes = []string{resource.ClusterType, resource.EndpointType, resource.ListenerType, resource.RouteType}

// update is what changed of each type: resources by name, and names that are gone.
type update struct {
	made map[string]map[string]types.Resource
	gone map[string][]string
}

func (u update) touches(typeURL string) bool {
	return len(u.made[typeURL]) > 0 || len(u.gone[typeURL]) > 0
}

type publish func(update)

func newCache(ctx context.Context, objects *objects) (cache.Cache, publish) {
	if *cacheKind == "snapshot" {
		return newSnapshots(ctx, objects)
	}
	return newLinear()
}

func newLinear() (cache.Cache, publish) {
	mux := &cache.MuxCache{
		Classify:      func(request *cache.Request) string { return request.GetTypeUrl() },
		ClassifyDelta: func(request *cache.DeltaRequest) string { return request.GetTypeUrl() },
		Caches:        map[string]cache.Cache{},
	}
	linear := map[string]*cache.LinearCache{}
	for _, typeURL := range allTypes {
		linear[typeURL] = cache.NewLinearCache(typeURL)
		mux.Caches[typeURL] = linear[typeURL]
	}
	return mux, func(u update) {
		for _, typeURL := range allTypes {
			if u.touches(typeURL) {
				must(linear[typeURL].UpdateResources(u.made[typeURL], u.gone[typeURL]))
			}
		}
	}
}

// everybody sees the same.
type everybody struct{}

func (everybody) ID(*core.Node) string { return "all" }

// newSnapshots gives each type a version of its own: with one for all, as in the library's example,
// every change sends every type again.
func newSnapshots(ctx context.Context, objects *objects) (cache.Cache, publish) {
	snapshots := cache.NewSnapshotCache(true, everybody{}, nil)
	version := 0
	var before *cache.Snapshot
	return snapshots, func(u update) {
		version++
		snapshot := &cache.Snapshot{}
		for _, typeURL := range allTypes {
			at := cache.GetResponseType(typeURL)
			if before != nil && !u.touches(typeURL) {
				snapshot.Resources[at] = before.Resources[at]
				continue
			}
			list := make([]types.Resource, 0, len(objects.resources[typeURL]))
			for _, one := range objects.resources[typeURL] {
				list = append(list, one)
			}
			snapshot.Resources[at] = cache.NewResources(strconv.Itoa(version), list)
		}
		if err := snapshot.Consistent(); err != nil {
			log.Println("not published:", err)
			return
		}
		before = snapshot
		must(snapshots.SetSnapshot(ctx, "all", snapshot))
	}
}
