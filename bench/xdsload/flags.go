package main

import (
	"flag"
	"fmt"
	"os"
	"time"
)

var (
	address       = flag.String("addr", "127.0.0.1:18000", "the xDS server")
	etcdAddress   = flag.String("etcd", "127.0.0.1:2379", "etcd, into which changes are put")
	prefix        = flag.String("prefix", "/serin/", "prefix of the keys")
	seedOnly      = flag.Bool("seed", false, "write the objects of --shape into etcd and end")
	shape         = flag.String("shape", "own", "own: a listener per service; one: one for all; views: own, for each of --views node clusters")
	views         = flag.Int("views", 50, "node clusters of the shape views")
	viewServices  = flag.Int("view-services", 0, "services for which each view of the shape views has a listener; 0: all")
	inRelease     = flag.Int("in-release", 20, "shape one: services whose split is not 100/0")
	variant       = flag.String("proto", "delta", "delta or sotw")
	streamCount   = flag.Int("streams", 100, "Envoys: a connection and a stream each")
	clusterCount  = flag.Int("clusters", 1000, "clusters in the data, two a service")
	endpoints     = flag.Int("endpoints", 2, "endpoints of a cluster")
	kind          = flag.String("kind", "eds", "what a change writes: eds (weight of an endpoint) or rds (weights of a split)")
	layers        = flag.Bool("layers", false, "subscribe to the RTDS layer weights before all else, as Envoy does, and look for changes of kind rds there")
	canaries      = flag.Bool("canaries", false, "with -seed: every service has a route of its own, with a canary by header and a split of users by hash")
	scopes        = flag.Bool("scopes", false, "subscribe to scoped routes (SRDS) in place of RDS")
	phases        = flag.String("phases", "change", "after warm-up: change, reconnect, hold, churn; comma between")
	changes       = flag.Int("changes", 20, "single changes; one more goes before and does not count")
	gap           = flag.Duration("gap", 200*time.Millisecond, "pause after each single change")
	rate          = flag.Float64("rate", 20, "changes per second of churn and hold")
	churnLimit    = flag.Duration("churn-limit", 60*time.Second, "longest wait until all have the last values of a churn")
	churnFor      = flag.Duration("churn-for", 10*time.Second, "length of churn")
	holdFor       = flag.Duration("hold", 10*time.Minute, "length of hold")
	targetCount   = flag.Int("targets", 10, "objects that the changes rotate over")
	serverPid     = flag.Int("pid", 0, "process of the server, for its CPU and memory; its children count")
	gcSignal      = flag.Bool("gc-signal", false, "before memory is read, SIGUSR2 tells the server to collect garbage; without, memory is read once it has settled")
	timeout       = flag.Duration("timeout", 60*time.Second, "longest wait for anything")
	nameOrders    = flag.Int("orders", 16, "different orders of resource names among the streams")
	tlsAuthority  = flag.String("tls-ca", "", "certificate of the authority: connects by TLS")
	tlsServerName = flag.String("tls-name", "localhost", "name that the server's certificate must have")
	tlsCert       = flag.String("tls-cert", "", "certificate to show, with --tls-key")
	tlsKey        = flag.String("tls-key", "", "")
	neverRead     = flag.String("never-read", "", "hang until SIGINT instead of measuring: start (nothing is read) or warm (nothing after warm-up)")
)

func readFlags() {
	flag.Parse()
	switch {
	case *variant != "delta" && *variant != "sotw",
		*kind != "eds" && *kind != "rds",
		*shape != "own" && *shape != "one" && *shape != "views",
		*neverRead != "" && *neverRead != "start" && *neverRead != "warm",
		*clusterCount < 2:
		fmt.Fprintln(os.Stderr, "xdsload: a flag has a value that it cannot have")
		os.Exit(2)
	}
}

func services() int { return *clusterCount / 2 }
