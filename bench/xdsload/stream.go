package main

import (
	"context"
	"fmt"
	"strconv"
	"sync/atomic"

	"google.golang.org/grpc"
)

const maxTargets = 64

// stream plays one Envoy.
type stream struct {
	id     int
	fleet  *fleet
	call   grpc.ClientStream
	cancel context.CancelFunc
	// Where it stands in the order of subscription.
	step        int
	received    [typeCount]int
	version     [typeCount][]byte
	warm        bool
	reconnected bool
	openedAt    int64
	warmAfter   int64

	bytes       atomic.Int64
	messages    atomic.Int64
	lastMessage atomic.Int64
	// Per target: the value that it has, and since when.
	value   [maxTargets]atomic.Int32
	valueAt [maxTargets]atomic.Int64
}

func (s *stream) names(t int) *names { return s.fleet.names[viewOf(s.id)][t] }

func (s *stream) run(connection *grpc.ClientConn) error {
	ctx, cancel := context.WithCancel(context.Background())
	s.cancel = cancel
	method := "/envoy.service.discovery.v3.AggregatedDiscoveryService/StreamAggregatedResources"
	if s.fleet.delta {
		method = "/envoy.service.discovery.v3.AggregatedDiscoveryService/DeltaAggregatedResources"
	}
	description := &grpc.StreamDesc{ClientStreams: true, ServerStreams: true}
	call, err := connection.NewStream(ctx, description, method, grpc.ForceCodecV2(rawCodec{}), grpc.WaitForReady(true))
	if err != nil {
		return err
	}
	s.call = call
	if err := s.open(); err != nil {
		return err
	}
	for *neverRead != "start" && !(*neverRead == "warm" && s.warm) {
		var message rawMessage
		if err := call.RecvMsg(&message); err != nil {
			return err
		}
		if err := s.take(message.received.ReadOnlyData()); err != nil {
			return err
		}
		message.received.Free()
	}
	<-ctx.Done()
	return ctx.Err()
}

// open asks for the first type; after a break, as Envoy does, for all that it had at once.
func (s *stream) open() error {
	order := s.fleet.order
	if !s.reconnected {
		return s.request(order[0], true)
	}
	for i, t := range order {
		if err := s.request(t, i == 0); err != nil {
			return err
		}
	}
	return nil
}

func (s *stream) request(t int, first bool) error {
	var head []byte
	nodeField, urlField := 2, 4
	if s.fleet.delta {
		nodeField, urlField = 1, 2
	} else if s.reconnected && len(s.version[t]) > 0 {
		head = appendField(head, 1, s.version[t])
	}
	if first {
		head = appendField(head, nodeField, s.node())
	}
	head = appendField(head, urlField, typeURLs[t])
	if s.fleet.delta && s.reconnected {
		return s.send(head, s.subscription(t), s.names(t).initialVersions(s.id))
	}
	return s.send(head, s.subscription(t))
}

func (s *stream) node() []byte {
	var node []byte
	node = appendField(node, 1, "envoy-"+strconv.Itoa(s.id))
	node = appendField(node, 2, nodeCluster(s.id))
	return appendField(node, 6, "envoy")
}

// subscription is empty for the types of which all is asked for.
func (s *stream) subscription(t int) []byte {
	switch t {
	case typeRTDS:
		return appendField[string](nil, 3, "weights")
	case typeEDS, typeRDS:
		return s.names(t).request(s.id)
	default:
		return nil
	}
}

func (s *stream) acknowledge(t int, nonce []byte) error {
	var head []byte
	if s.fleet.delta {
		head = appendField(head, 2, typeURLs[t])
		return s.send(appendField(head, 6, nonce))
	}
	head = appendField(head, 1, s.version[t])
	head = appendField(head, 4, typeURLs[t])
	return s.send(appendField(head, 5, nonce), s.subscription(t))
}

func (s *stream) send(parts ...[]byte) error { return s.call.SendMsg(&rawMessage{parts: parts}) }

func (s *stream) take(b []byte) error {
	at := now()
	s.bytes.Add(int64(len(b)))
	s.messages.Add(1)
	s.lastMessage.Store(at)
	answer, err := parseResponse(b)
	if err != nil {
		return err
	}
	t, known := typeOf(answer.typeURL)
	if !known {
		return fmt.Errorf("a response of the type %q", answer.typeURL)
	}
	s.look(t, b, at)
	s.received[t] += answer.resources
	s.version[t] = append([]byte(nil), answer.version...)
	if err := s.acknowledge(t, append([]byte(nil), answer.nonce...)); err != nil {
		return err
	}
	return s.follow(t, at)
}

// look reads the resources only where something is to be learned from them: the load must be light.
func (s *stream) look(t int, b []byte, at int64) {
	learns := s.fleet.delta && s.id < len(s.fleet.names) && !s.reconnected
	collects := !s.warm && ((t == typeCDS && !s.names(typeEDS).complete()) || (t == typeLDS && !s.names(typeRDS).complete()))
	measures := s.warm && t == s.fleet.targets.typeOf
	if !learns && !collects && !measures {
		return
	}
	_ = eachResource(b, s.fleet.delta, func(r resource) {
		if learns {
			s.names(t).learn(string(r.name), string(r.version))
		}
		if collects && t == typeCDS {
			s.names(typeEDS).add(string(r.name))
		} else if collects {
			routeNames(r.content, s.names(typeRDS).add)
		}
		if measures {
			eachMark(t, r, func(target string, weight int) { s.mark(target, weight, at) })
		}
	})
}

func (s *stream) mark(target string, weight int, at int64) {
	i, known := s.fleet.targets.index[target]
	if known && s.value[i].Swap(int32(weight)) != int32(weight) {
		s.valueAt[i].Store(at)
		s.fleet.targets.arrived(weight, at)
	}
}

// follow asks for the next type once the last one asked for is complete.
func (s *stream) follow(t int, at int64) error {
	order := s.fleet.order
	if s.warm || t != order[s.step] || s.received[t] < s.complete(t) {
		return nil
	}
	s.step++
	if s.step < len(order) {
		return s.request(order[s.step], false)
	}
	s.warm = true
	s.warmAfter = at - s.openedAt
	s.fleet.warmCount.Add(1)
	return nil
}

// complete is how many resources of a type there are.
func (s *stream) complete(t int) int {
	switch t {
	case typeCDS, typeEDS:
		return 2 * shownServices()
	case typeLDS:
		if *shape == "one" {
			return 1
		}
		return shownServices()
	case typeRDS:
		return s.names(typeRDS).count()
	case typeSRDS:
		return shownServices()
	default:
		return 0
	}
}
