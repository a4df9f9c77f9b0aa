package wire

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"time"

	"github.com/hashicorp/go-hclog"
	"google.golang.org/grpc"

	"github.com/jackfield/jackfield/sdk/contract"
	pb "github.com/jackfield/jackfield/sdk/wire/backendv1"
)

// sdkName is what Describe says this library is.
const sdkName = "go/1"

// lifecycleService is what every plugin serves.
type lifecycleService struct {
	pb.UnimplementedLifecycleServer
	s *Server
}

// Description is what Lifecycle.Describe returns.
func (s *Server) Description() Description {
	d := Description{
		Name: s.opts.Name, Version: s.opts.Version, Commit: s.opts.Commit, SDK: sdkName, Protocol: ProtocolMinor,
		Limits: Limits{MaxMessage: MaxMessage, MaxInFlight: maxInFlight},
	}
	for _, o := range s.opts.Drivers {
		d.Drivers = append(d.Drivers, DriverDescription{
			Kind: o.Kind, Name: o.Name, Capabilities: o.Capabilities, Schema: o.Schema,
			Stateful: slices.Contains(o.Capabilities, contract.CapStateMove),
		})
	}
	return d
}

func (l *lifecycleService) Describe(context.Context, *pb.DescribeRequest) (*pb.DescribeResponse, error) {
	d := l.s.Description()
	resp := &pb.DescribeResponse{
		Name: text(d.Name), Version: text(d.Version), Commit: text(d.Commit), Sdk: d.SDK, Protocol: d.Protocol,
		Limits: &pb.Limits{MaxMessage: d.Limits.MaxMessage, MaxInFlight: d.Limits.MaxInFlight},
	}
	for _, o := range d.Drivers {
		resp.Drivers = append(resp.Drivers, &pb.DriverInfo{
			Kind: string(o.Kind), Name: text(o.Name), Capabilities: fromCapabilities(o.Capabilities),
			Schema: text(string(o.Schema)), Stateful: o.Stateful,
		})
	}
	return resp, nil
}

func fromCapabilities(caps []contract.Capability) []string {
	names := make([]string, len(caps))
	for i, c := range caps {
		names[i] = text(string(c))
	}
	return names
}

func (l *lifecycleService) Configure(ctx context.Context, req *pb.ConfigureRequest) (*pb.ConfigureResponse, error) {
	caps, err := l.s.Configure(ctx, Configuration{
		Kind: contract.Kind(req.GetKind()), Driver: req.GetDriver(), Options: req.GetOptions(), NodeID: req.GetNodeId(),
	})
	return &pb.ConfigureResponse{Failure: toFailure(err), Capabilities: fromCapabilities(caps)}, nil
}

func (l *lifecycleService) Drain(ctx context.Context, req *pb.DrainRequest) (*pb.DrainResponse, error) {
	ctx, cancel := context.WithDeadline(ctx, deadlineOf(req.GetDeadlineMs(), time.Now()))
	defer cancel()
	return &pb.DrainResponse{Complete: l.s.Drain(ctx)}, nil
}

func (l *lifecycleService) SetLogLevel(_ context.Context, req *pb.SetLogLevelRequest) (*pb.SetLogLevelResponse, error) {
	level := hclog.LevelFromString(req.GetLevel())
	if level == hclog.NoLevel {
		return nil, toStatus(fmt.Errorf("%w: log level %q; there are trace, debug, info, warn, error and off", contract.ErrInvalid, req.GetLevel()))
	}
	l.s.logger.SetLevel(level)
	return &pb.SetLogLevelResponse{}, nil
}

func (l *lifecycleService) Metrics(context.Context, *pb.MetricsRequest) (*pb.MetricsResponse, error) {
	resp := &pb.MetricsResponse{}
	drivers := l.s.openDrivers()
	for _, kind := range contract.Kinds() {
		source, ok := drivers[kind].(contract.MetricsSource)
		if !ok {
			continue
		}
		for _, s := range source.Metrics() {
			resp.Samples = append(resp.Samples, toSample(kind, s))
		}
	}
	return resp, nil
}

func toSample(kind contract.Kind, s contract.Sample) *pb.Sample {
	p := &pb.Sample{
		Name: text(s.Name), Help: text(s.Help), Value: s.Value, Backend: string(kind), Kind: pb.SampleKind_SAMPLE_KIND_GAUGE,
	}
	if s.Kind == contract.Counter {
		p.Kind = pb.SampleKind_SAMPLE_KIND_COUNTER
	}
	for name, value := range s.Labels {
		if p.Labels == nil {
			p.Labels = make(map[string]string, len(s.Labels))
		}
		p.Labels[text(name)] = text(value)
	}
	return p
}

func (s *Server) openDrivers() map[contract.Kind]any {
	s.mu.Lock()
	defer s.mu.Unlock()
	return maps.Clone(s.drivers)
}

func (s *Server) mover(kind string) (contract.StateMover, error) {
	m, ok := s.openDrivers()[contract.Kind(kind)].(contract.StateMover)
	if !ok {
		return nil, toStatus(lacks(contract.CapStateMove))
	}
	return m, nil
}

func (l *lifecycleService) Export(req *pb.ExportRequest, stream grpc.ServerStreamingServer[pb.ExportResponse]) error {
	m, err := l.s.mover(req.GetKind())
	if err != nil {
		return err
	}
	return toStatus(m.Export(stream.Context(), func(chunk []byte) error {
		return stream.Send(&pb.ExportResponse{Chunk: chunk})
	}))
}

func (l *lifecycleService) Import(stream grpc.ClientStreamingServer[pb.ImportRequest, pb.ImportResponse]) error {
	first, err := stream.Recv()
	if err != nil {
		return err
	}
	m, err := l.s.mover(first.GetKind())
	if err != nil {
		return err
	}
	for {
		req, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return stream.SendAndClose(&pb.ImportResponse{})
		}
		if err != nil {
			return err
		}
		if err := m.Import(stream.Context(), req.GetChunk()); err != nil {
			return toStatus(err)
		}
	}
}
