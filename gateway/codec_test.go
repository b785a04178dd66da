package gateway

import (
	"testing"

	"google.golang.org/protobuf/proto"

	umv1 "github.com/umgateway/umgateway/gen/um/v1"
)

func TestEventsAreWrittenAsTheyAreWhicheverCameBefore(t *testing.T) {
	t.Parallel()
	c := newCodec()
	first, second := &umv1.WatchCallResponse{Sequence: 1}, &umv1.WatchCallResponse{Sequence: 2, Ended: true}
	for _, event := range []*umv1.WatchCallResponse{first, first, second, first, {}, second} {
		written, err := c.Marshal(event)
		if err != nil {
			t.Fatal(err)
		}
		var read umv1.WatchCallResponse
		if err := c.Unmarshal(written, &read); err != nil || !proto.Equal(&read, event) {
			t.Errorf("%v was written as %v, %v", event, &read, err)
		}
		written.Free()
	}
}

func TestResponseWithoutFieldsIsWrittenAsNothing(t *testing.T) {
	t.Parallel()
	c := newCodec()
	for response, size := range map[proto.Message]int{&umv1.DisconnectResponse{}: 0, &umv1.PlayOnPhoneResponse{CallId: "A"}: 3} {
		written, err := c.Marshal(response)
		if err != nil || written.Len() != size || (written == nil) != (size == 0) {
			t.Errorf("%T was written as %v, %v", response, written, err)
		}
		read := response.ProtoReflect().New().Interface()
		if err := c.Unmarshal(written, read); err != nil || !proto.Equal(read, response) {
			t.Errorf("%T was read as %v, %v", response, read, err)
		}
	}
}
