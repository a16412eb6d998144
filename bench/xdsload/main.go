// xdsload plays N Envoys over ADS, delta or SotW, against one xDS server, and measures what a change
// in etcd costs the server and when it arrives. Each phase prints one line of JSON.
//
// It parses the discovery messages by hand: on a machine shared with the server, a load generator
// that decodes every resource would measure itself.
package main

import (
	"fmt"
	"os"
	"os/signal"
	"strings"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"
)

func main() {
	readFlags()
	etcd := openEtcd()
	if *seedOnly {
		seed(etcd)
		return
	}
	if *neverRead != "" {
		os.Exit(holdOpen())
	}
	wanted := map[string]bool{}
	for _, name := range strings.Split(*phases, ",") {
		wanted[name] = true
	}
	watch := followProcess(*serverPid)
	defer watch.stop()
	load := newLoad(etcd, watch)
	if !load.warm() {
		os.Exit(3)
	}
	for _, phase := range []struct {
		name string
		run  func()
	}{
		{"change", load.change},
		{"reconnect", load.reconnect},
		{"hold", load.hold},
		// Last: it may leave a server busy for minutes.
		{"churn", load.churn},
	} {
		if wanted[phase.name] {
			phase.run()
		}
	}
	load.fleet.close()
	reportSelf(load.fleet)
}

// holdOpen keeps streams that have stopped reading until it is told to end: what a client that hangs
// costs everybody else is measured by another process.
func holdOpen() int {
	targets := newTargets()
	fleet := newFleet(targets, nil)
	fleet.launch(nil)
	if *neverRead == "warm" && !fleet.awaitWarm(*timeout) {
		fmt.Fprintln(os.Stderr, "xdsload: not all streams are warm")
		return 3
	}
	time.Sleep(time.Second)
	fmt.Println("ready")
	end := make(chan os.Signal, 1)
	signal.Notify(end, os.Interrupt)
	<-end
	return 0
}

func openEtcd() *clientv3.Client {
	etcd, err := clientv3.New(clientv3.Config{Endpoints: []string{*etcdAddress}, DialTimeout: 5 * time.Second})
	must(err)
	return etcd
}

func must(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "xdsload:", err)
		os.Exit(1)
	}
}
