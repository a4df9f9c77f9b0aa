package wire

import (
	"context"
	"errors"
	"io"

	"google.golang.org/grpc"

	"github.com/jackfield/jackfield/sdk/contract"
	pb "github.com/jackfield/jackfield/sdk/wire/backendv1"
)

// Export calls yield with the state of the driver of a kind, chunk by chunk.
func (l *Lifecycle) Export(ctx context.Context, kind contract.Kind, yield func(chunk []byte) error) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	stream, err := l.api.Export(ctx, &pb.ExportRequest{Kind: string(kind)})
	if err != nil {
		return fromStatus(err)
	}
	for {
		resp, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fromStatus(err)
		}
		if err := yield(resp.Chunk); err != nil {
			return err
		}
	}
}

// Importer takes the chunks of an Export, in order. It is for one goroutine.
type Importer struct {
	stream grpc.ClientStreamingClient[pb.ImportRequest, pb.ImportResponse]
	cancel context.CancelFunc
}

// Import begins to hand state over to the driver of a kind. The importer must
// be finished or cancelled.
func (l *Lifecycle) Import(ctx context.Context, kind contract.Kind) (*Importer, error) {
	ctx, cancel := context.WithCancel(ctx)
	stream, err := l.api.Import(ctx)
	if err == nil {
		err = stream.Send(&pb.ImportRequest{Kind: string(kind)})
	}
	if err != nil {
		cancel()
		return nil, fromStatus(err)
	}
	return &Importer{stream: stream, cancel: cancel}, nil
}

// Chunk passes one chunk on; its form is that of Export's yield. An error means
// that the import has failed; Finish tells why.
func (i *Importer) Chunk(chunk []byte) error {
	return fromStatus(i.stream.Send(&pb.ImportRequest{Chunk: chunk}))
}

// Finish ends the import and returns whether the driver took all of it.
func (i *Importer) Finish() error {
	defer i.cancel()
	_, err := i.stream.CloseAndRecv()
	return fromStatus(err)
}

// Cancel gives the import up.
func (i *Importer) Cancel() { i.cancel() }
