package ledger

import (
	"bytes"
	"reflect"
	"testing"
)

func TestRecordIsReadAsItWasWritten(t *testing.T) {
	t.Parallel()
	for _, r := range []Record{
		{State: StateReserved, Version: Version{1}, Owner: Token{2}, Digest: Digest{3}},
		{State: StateUnknown, Version: Version{15: 1}, Owner: Token{15: 2}, Digest: Digest{31: 3}, Result: []byte{0, 1, 0xff}},
		{State: StateAccepted, Result: bytes.Repeat([]byte{7}, 70_000)},
	} {
		data, err := r.AppendBinary([]byte("before"))
		if err != nil {
			t.Fatal(err)
		}
		var got Record
		if err := got.UnmarshalBinary(data[len("before"):]); err != nil || !reflect.DeepEqual(got, r) {
			t.Errorf("got %+v, %v; want %+v", got, err, r)
		}
		clear(data)
		if !bytes.Equal(got.Result, r.Result) {
			t.Error("the result is not a copy")
		}
	}
}

func TestWhatIsNoRecordIsRefused(t *testing.T) {
	t.Parallel()
	good, _ := (&Record{State: StateSent}).AppendBinary(nil)
	change := func(at int, to byte) []byte {
		bad := bytes.Clone(good)
		bad[at] = to
		return bad
	}
	for rule, data := range map[string][]byte{
		"nothing": nil, "a piece": good[:len(good)-1], "another format": change(0, 2), "no state": change(1, 0), "a state of the future": change(1, 6),
	} {
		r := Record{State: StateAccepted}
		if err := r.UnmarshalBinary(data); err == nil || r.State != StateAccepted {
			t.Errorf("%s: %+v, %v", rule, r, err)
		}
	}
}

func FuzzRecordReadIsRecordWritten(f *testing.F) {
	for _, r := range []Record{{State: StateReserved}, {State: StateAccepted, Result: []byte("call")}} {
		data, _ := r.AppendBinary(nil)
		f.Add(data)
	}
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, data []byte) {
		var r Record
		if r.UnmarshalBinary(data) != nil {
			return
		}
		if again, _ := r.AppendBinary(nil); !bytes.Equal(again, data) {
			t.Errorf("%x became %x", data, again)
		}
	})
}
