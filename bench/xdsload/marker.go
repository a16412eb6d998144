package main

import (
	"encoding/binary"
	"math"
	"strings"
)

// A change is told by the value that it puts: a weight that no other change of the same object has.
// Every weight here is of two varint bytes, 128 to 9,872, so that all changes have the same size.
const (
	firstMark = 200
	marks     = 9_600
)

// eachMark finds the weights of targets in a resource of the type that changes are looked for in.
func eachMark(t int, r resource, f func(target string, weight int)) {
	switch t {
	case typeEDS:
		if weight := weightWith(r.content, 0x22); weight > 0 {
			f(string(r.name), weight)
		}
	case typeRDS:
		marksOfRoutes(r.content, f)
	case typeSRDS:
		marksOfRoutes(field(r.content, 5), f)
	case typeRTDS:
		marksOfLayer(field(r.content, 2), f)
	}
}

// marksOfRoutes gives the weight of the first version of every virtual host, by the host's name.
func marksOfRoutes(routes []byte, f func(target string, weight int)) {
	_ = eachField(routes, func(number int, host []byte) bool {
		if number == 2 {
			if weight := weightWith(host, 0x12); weight > 0 {
				f(string(firstField(host)), weight)
			}
		}
		return true
	})
}

// marksOfLayer reads a google.protobuf.Struct whose keys are w.<shape of the split>.<cluster>.
func marksOfLayer(layer []byte, f func(target string, weight int)) {
	_ = eachField(layer, func(number int, entry []byte) bool {
		if number != 1 {
			return true
		}
		key := string(firstField(entry))
		service, isFirst := strings.CutSuffix(key[strings.LastIndexByte(key, '.')+1:], "/v1")
		weight := field(entry, 2, 2)
		if isFirst && len(weight) == 8 {
			f(service, int(math.Float64frombits(binary.LittleEndian.Uint64(weight))))
		}
		return true
	})
}

// weightWith finds the first UInt32Value of two varint bytes under that tag:
// LbEndpoint.load_balancing_weight is field 4, ClusterWeight.weight field 2.
func weightWith(b []byte, tag byte) int {
	for i := 0; i+5 <= len(b); i++ {
		if b[i] == tag && b[i+1] == 3 && b[i+2] == 8 && b[i+3]&0x80 != 0 && b[i+4]&0x80 == 0 {
			return int(b[i+3]&0x7f) | int(b[i+4])<<7
		}
	}
	return -1
}
