package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"os"
	"sync/atomic"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"
)

// A window that holds a whole warm-up, so that the time of the network is not measured; clients that
// do not read have HTTP/2's own.
const window = 64 << 20

// fleet is all streams of this process.
type fleet struct {
	delta       bool
	order       []int
	targets     *targets
	names       [][typeCount]*names
	security    credentials.TransportCredentials
	streams     []*stream
	connections []*grpc.ClientConn
	warmCount   atomic.Int64
	failed      atomic.Int64
	closing     atomic.Bool
}

func newFleet(t *targets, before *fleet) *fleet {
	f := &fleet{delta: *variant == "delta", order: subscribed(), targets: t, security: security()}
	if before != nil {
		f.names = before.names
		return f
	}
	count := 1
	if *shape == "views" {
		count = *views
	}
	for range count {
		var of [typeCount]*names
		for t := range of {
			of[t] = &names{}
		}
		f.names = append(f.names, of)
	}
	return f
}

func security() credentials.TransportCredentials {
	if *tlsAuthority == "" {
		return insecure.NewCredentials()
	}
	authority, err := os.ReadFile(*tlsAuthority)
	must(err)
	config := &tls.Config{RootCAs: x509.NewCertPool(), ServerName: *tlsServerName}
	config.RootCAs.AppendCertsFromPEM(authority)
	if *tlsCert != "" {
		certificate, err := tls.LoadX509KeyPair(*tlsCert, *tlsKey)
		must(err)
		config.Certificates = []tls.Certificate{certificate}
	}
	return credentials.NewTLS(config)
}

func (f *fleet) connect() *grpc.ClientConn {
	options := []grpc.DialOption{
		grpc.WithTransportCredentials(f.security),
		grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(1<<30), grpc.MaxCallSendMsgSize(1<<30)),
		grpc.WithReadBufferSize(64 << 10),
		grpc.WithSharedWriteBuffer(true),
	}
	size := int32(window)
	if *neverRead != "" {
		size = 65_535
	}
	options = append(options, grpc.WithInitialWindowSize(size), grpc.WithInitialConnWindowSize(size))
	connection, err := grpc.NewClient("passthrough:///"+*address, options...)
	must(err)
	return connection
}

// launch opens all streams at once. After a break they say what they had: the versions of SotW are
// each stream's own.
func (f *fleet) launch(before *fleet) {
	for id := range *streamCount {
		s := &stream{id: id, fleet: f}
		if before != nil {
			s.reconnected, s.warm = true, true
			s.version = before.streams[id].version
		}
		f.streams = append(f.streams, s)
		f.connections = append(f.connections, f.connect())
	}
	f.start()
}

func (f *fleet) start() {
	for id, s := range f.streams {
		s.openedAt = now()
		go func() {
			err := s.run(f.connections[id])
			if f.closing.Load() || errors.Is(err, context.Canceled) || status.Code(err) == codes.Canceled {
				return
			}
			if f.failed.Add(1) < 4 {
				fmt.Fprintln(os.Stderr, "xdsload: stream", id, err)
			}
		}()
	}
}

func (f *fleet) awaitWarm(limit time.Duration) bool {
	return eventually(limit, 2*time.Millisecond, func() bool {
		return int(f.warmCount.Load()) == len(f.streams)
	})
}

func (f *fleet) close() {
	f.closing.Store(true)
	for i, s := range f.streams {
		if s.cancel != nil {
			s.cancel()
		}
		f.connections[i].Close()
	}
}

func (f *fleet) traffic() (bytes, messages int64) {
	for _, s := range f.streams {
		bytes += s.bytes.Load()
		messages += s.messages.Load()
	}
	return bytes, messages
}

func (f *fleet) lastMessage() int64 {
	var last int64
	for _, s := range f.streams {
		last = max(last, s.lastMessage.Load())
	}
	return last
}

func eventually(limit, pause time.Duration, done func() bool) bool {
	for deadline := time.Now().Add(limit); time.Now().Before(deadline); time.Sleep(pause) {
		if done() {
			return true
		}
	}
	return done()
}
