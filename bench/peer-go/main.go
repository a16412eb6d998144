// peer-go is an xDS server on go-control-plane that serves serin's objects from etcd: what serin is
// measured against. It knows endpoints and weights and nothing else of serin, and makes of them what a
// careful user of the library would: only what changed is made anew.
package main

import (
	"context"
	"flag"
	"fmt"
	"log"
	"net"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"
	"time"

	discovery "github.com/envoyproxy/go-control-plane/envoy/service/discovery/v3"
	"github.com/envoyproxy/go-control-plane/pkg/server/v3"
	clientv3 "go.etcd.io/etcd/client/v3"
	"google.golang.org/grpc"
	"google.golang.org/grpc/keepalive"
)

var (
	port        = flag.Int("port", 18000, "where proxies connect, on loopback")
	etcdAddress = flag.String("etcd", "127.0.0.1:2379", "etcd")
	prefix      = flag.String("prefix", "/serin/", "prefix of the keys")
	cacheKind   = flag.String("cache", "linear", "linear (a LinearCache for each type, the cheaper one at scale) or snapshot")
	shape       = flag.String("shape", "own", "own: a listener and route configuration per service; one: one of each for all")
)

func main() {
	flag.Parse()
	ctx := context.Background()
	collectOnSignal()
	etcd, err := clientv3.New(clientv3.Config{Endpoints: []string{*etcdAddress}, DialTimeout: 5 * time.Second})
	must(err)
	objects := newObjects()
	revision := readAll(ctx, etcd, objects)
	cache, publish := newCache(ctx, objects)
	publish(objects.build())
	serve(ctx, server.NewServer(ctx, cache, nil))
	fmt.Println("ready")
	follow(ctx, etcd, revision, objects, publish)
}

// collectOnSignal lets the load generator read memory without garbage.
func collectOnSignal() {
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGUSR2)
	go func() {
		for range signals {
			debug.FreeOSMemory()
		}
	}()
}

func serve(ctx context.Context, ads server.Server) {
	grpcServer := grpc.NewServer(
		grpc.MaxConcurrentStreams(1_000_000),
		grpc.MaxRecvMsgSize(64<<20),
		grpc.KeepaliveParams(keepalive.ServerParameters{Time: 30 * time.Second, Timeout: 10 * time.Second}),
		grpc.KeepaliveEnforcementPolicy(keepalive.EnforcementPolicy{MinTime: 30 * time.Second, PermitWithoutStream: true}),
	)
	discovery.RegisterAggregatedDiscoveryServiceServer(grpcServer, ads)
	listener, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", *port))
	must(err)
	go func() { must(grpcServer.Serve(listener)) }()
}

func readAll(ctx context.Context, etcd *clientv3.Client, objects *objects) (revision int64) {
	all, err := etcd.Get(ctx, *prefix, clientv3.WithPrefix())
	must(err)
	for _, kv := range all.Kvs {
		objects.apply(string(kv.Key), kv.Value, false)
	}
	return all.Header.Revision
}

func follow(ctx context.Context, etcd *clientv3.Client, revision int64, objects *objects, publish publish) {
	events := etcd.Watch(ctx, *prefix, clientv3.WithPrefix(), clientv3.WithRev(revision+1))
	take := func(response clientv3.WatchResponse) {
		for _, event := range response.Events {
			objects.apply(string(event.Kv.Key), event.Kv.Value, event.Type == clientv3.EventTypeDelete)
		}
	}
	for response := range events {
		take(response)
		// What else is there already is published with it.
		for more := true; more; {
			select {
			case next := <-events:
				take(next)
			default:
				more = false
			}
		}
		publish(objects.build())
	}
}

func must(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
