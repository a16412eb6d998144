package main

import (
	"encoding/binary"
	"fmt"

	"google.golang.org/grpc/encoding"
	"google.golang.org/grpc/mem"
)

// rawMessage is what SendMsg and RecvMsg take. The parts are sent as they are, so that a list of
// names shared by all streams is encoded once.
type rawMessage struct {
	parts    [][]byte
	received mem.Buffer
}

type rawCodec struct{}

var _ encoding.CodecV2 = rawCodec{}

func (rawCodec) Name() string { return "proto" }

func (rawCodec) Marshal(v any) (mem.BufferSlice, error) {
	message, ok := v.(*rawMessage)
	if !ok {
		return nil, fmt.Errorf("rawCodec: %T", v)
	}
	out := make(mem.BufferSlice, 0, len(message.parts))
	for _, part := range message.parts {
		if len(part) > 0 {
			out = append(out, mem.SliceBuffer(part))
		}
	}
	return out, nil
}

func (rawCodec) Unmarshal(data mem.BufferSlice, v any) error {
	v.(*rawMessage).received = data.MaterializeToBuffer(mem.DefaultBufferPool())
	return nil
}

// appendField appends a length-delimited field.
func appendField[T string | []byte](b []byte, field int, value T) []byte {
	b = binary.AppendUvarint(b, uint64(field)<<3|2)
	b = binary.AppendUvarint(b, uint64(len(value)))
	return append(b, value...)
}

// eachField gives the length-delimited and 64-bit fields of a message to f, until f returns false.
func eachField(b []byte, f func(field int, value []byte) bool) error {
	for len(b) > 0 {
		tag, n := binary.Uvarint(b)
		if n <= 0 {
			return fmt.Errorf("bad tag")
		}
		b = b[n:]
		size := 0
		switch tag & 7 {
		case 0:
			if _, n = binary.Uvarint(b); n <= 0 {
				return fmt.Errorf("bad varint")
			}
			b = b[n:]
			continue
		case 1:
			size = 8
		case 5:
			size = 4
		case 2:
			length, n := binary.Uvarint(b)
			if n <= 0 || length > uint64(len(b)-n) {
				return fmt.Errorf("bad length")
			}
			b, size = b[n:], int(length)
		default:
			return fmt.Errorf("bad wire type %d", tag&7)
		}
		if size > len(b) {
			return fmt.Errorf("cut off")
		}
		value := b[:size]
		b = b[size:]
		if tag&7 != 5 && !f(int(tag>>3), value) {
			return nil
		}
	}
	return nil
}

// field returns the first length-delimited field of that number, following a path of them.
func field(b []byte, path ...int) []byte {
	for _, wanted := range path {
		var found []byte
		_ = eachField(b, func(number int, value []byte) bool {
			if number != wanted {
				return true
			}
			found = value
			return false
		})
		b = found
	}
	return b
}
