package soapbridge

import (
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// isFlat tells whether a message has nothing but single scalars, and none of them is the text of its element. Its values are
// collected in the wire format and set together: set one by one, by reflection, each would cost memory of its own.
func isFlat(results *element) bool {
	if results.text != nil {
		return false
	}
	for _, l := range results.scope.leaves {
		if l.field.IsList() || !isVarint(l.field.Kind()) && l.field.Kind() != protoreflect.StringKind {
			return false
		}
	}
	return true
}

// isVarint tells whether a kind is written as a plain varint.
func isVarint(kind protoreflect.Kind) bool {
	switch kind {
	case protoreflect.BoolKind, protoreflect.EnumKind, protoreflect.Int32Kind, protoreflect.Int64Kind,
		protoreflect.Uint32Kind, protoreflect.Uint64Kind:
		return true
	}
	return false
}

// collect adds a field to the values of a flat message.
func (d *decoder) collect(l *leaf, text []byte) error {
	if l.field.Kind() == protoreflect.StringKind {
		d.wire = protowire.AppendTag(d.wire, l.field.Number(), protowire.BytesType)
		d.wire = protowire.AppendBytes(d.wire, text)
		return nil
	}
	v, err := d.value(l, text)
	if err != nil {
		return err
	}
	var n uint64
	switch l.field.Kind() {
	case protoreflect.BoolKind:
		n = protowire.EncodeBool(v.Bool())
	case protoreflect.EnumKind:
		n = uint64(v.Enum())
	case protoreflect.Int32Kind, protoreflect.Int64Kind:
		n = uint64(v.Int())
	default:
		n = v.Uint()
	}
	d.wire = protowire.AppendVarint(protowire.AppendTag(d.wire, l.field.Number(), protowire.VarintType), n)
	return nil
}

// results reads the response element into the message that it stands for.
func (d *decoder) results(p *plan, out protoreflect.Message) error {
	d.flat, d.wire = p.flat, d.wire[:0]
	if err := d.response(p, out); err != nil || !d.flat {
		return err
	}
	return proto.UnmarshalOptions{Merge: true}.Unmarshal(d.wire, out.Interface())
}
