package gateway

import (
	"context"
	"slices"
	"testing"

	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/tap"
)

func TestMetadataAreFoundWithOrWithoutTheirOwnContext(t *testing.T) {
	t.Parallel()
	sent := metadata.MD{"x-request-id": {"a", "b"}}
	incoming := metadata.NewIncomingContext(t.Context(), sent)
	kept, err := keepMetadata(incoming, &tap.Info{Header: sent})
	if err != nil {
		t.Fatal(err)
	}
	for name, ctx := range map[string]context.Context{
		"kept": kept, "below it": context.WithValue(kept, tagKey{}, "tag"), "not kept": incoming,
	} {
		if got := sentIn(ctx)["x-request-id"]; !slices.Equal(got, sent["x-request-id"]) {
			t.Errorf("%s: found %q", name, got)
		}
		if got := metadata.ValueFromIncomingContext(ctx, "x-request-id"); !slices.Equal(got, sent["x-request-id"]) {
			t.Errorf("%s: gRPC finds %q", name, got)
		}
	}
	if got := sentIn(t.Context()); len(got) > 0 {
		t.Errorf("nothing was sent, and found is %v", got)
	}
}

func TestMetadataCostNoCopy(t *testing.T) {
	sent := metadata.MD{"x-request-id": {"a"}}
	ctx, err := keepMetadata(metadata.NewIncomingContext(t.Context(), sent), &tap.Info{Header: sent})
	if err != nil {
		t.Fatal(err)
	}
	if n := testing.AllocsPerRun(100, func() { _ = sentIn(ctx)["x-request-id"] }); n > 0 {
		t.Errorf("%v objects are allocated", n)
	}
}
