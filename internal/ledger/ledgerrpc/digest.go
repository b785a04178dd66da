package ledgerrpc

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash"
	"slices"

	"google.golang.org/protobuf/reflect/protoreflect"
)

var errNotDigestible = errors.New("a request with an id must hold neither maps nor floating-point numbers")

// checkDigestible refuses what writeMessage does not write. seen holds the messages that are being looked at.
func checkDigestible(message protoreflect.MessageDescriptor, seen ...protoreflect.FullName) error {
	if slices.Contains(seen, message.FullName()) {
		return nil
	}
	seen = append(seen, message.FullName())
	for i := range message.Fields().Len() {
		field := message.Fields().Get(i)
		var err error
		switch {
		case field.IsMap(), field.Kind() == protoreflect.FloatKind, field.Kind() == protoreflect.DoubleKind:
			err = errNotDigestible
		case field.Message() != nil:
			err = checkDigestible(field.Message(), seen...)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", field.Name(), err)
		}
	}
	return nil
}

// writeMessage writes the fields that are set, in the order of their numbers, so that no two messages are written alike.
// It leaves out one field.
func writeMessage(h hash.Hash, m protoreflect.Message, except protoreflect.FieldDescriptor) {
	var set []protoreflect.FieldDescriptor
	m.Range(func(field protoreflect.FieldDescriptor, _ protoreflect.Value) bool {
		if field != except {
			set = append(set, field)
		}
		return true
	})
	slices.SortFunc(set, func(a, b protoreflect.FieldDescriptor) int { return int(a.Number()) - int(b.Number()) })
	writeNumber(h, uint64(len(set)))
	for _, field := range set {
		writeNumber(h, uint64(field.Number()))
		writeField(h, field, m.Get(field))
	}
	writeText(h, m.GetUnknown())
}

func writeField(h hash.Hash, field protoreflect.FieldDescriptor, value protoreflect.Value) {
	if !field.IsList() {
		writeValue(h, value)
		return
	}
	list := value.List()
	writeNumber(h, uint64(list.Len()))
	for i := range list.Len() {
		writeValue(h, list.Get(i))
	}
}

func writeValue(h hash.Hash, value protoreflect.Value) {
	switch v := value.Interface().(type) {
	case string:
		writeText(h, []byte(v))
	case []byte:
		writeText(h, v)
	case bool:
		n := uint64(0)
		if v {
			n = 1
		}
		writeNumber(h, n)
	case int32:
		writeNumber(h, uint64(v))
	case int64:
		writeNumber(h, uint64(v))
	case uint32:
		writeNumber(h, uint64(v))
	case uint64:
		writeNumber(h, v)
	case protoreflect.EnumNumber:
		writeNumber(h, uint64(v))
	case protoreflect.Message:
		writeMessage(h, v, nil)
	}
}

func writeText(h hash.Hash, text []byte) {
	writeNumber(h, uint64(len(text)))
	h.Write(text)
}

func writeNumber(h hash.Hash, n uint64) {
	var buffer [8]byte
	binary.BigEndian.PutUint64(buffer[:], n)
	h.Write(buffer[:])
}
