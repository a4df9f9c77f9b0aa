package wire

import (
	"context"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"

	"github.com/jackfield/jackfield/sdk/contract"
	pb "github.com/jackfield/jackfield/sdk/wire/backendv1"
)

type appServer = opServer[pb.AppOp, pb.AppResult, *pb.AppOp]

// appService answers for the open app manager driver.
type appService struct {
	pb.UnimplementedAppManagerServer
	s *Server
}

func (a *appService) Batch(ctx context.Context, req *pb.AppBatchRequest) (*pb.AppBatchResponse, error) {
	o, err := opened(&a.s.apps, contract.KindAppManager)
	if err != nil {
		return nil, err
	}
	results, err := o.batch(ctx, req.GetOps())
	return &pb.AppBatchResponse{Results: results}, err
}

func (a *appService) Pipe(stream grpc.BidiStreamingServer[pb.AppBatchRequest, pb.AppBatchResponse]) error {
	o, err := opened(&a.s.apps, contract.KindAppManager)
	if err != nil {
		return err
	}
	recv := func() ([]*pb.AppOp, error) {
		req, err := stream.Recv()
		return req.GetOps(), err
	}
	var resp pb.AppBatchResponse
	return o.pipe(stream.Context(), recv, func(results []*pb.AppResult) error {
		resp.Results = results
		return stream.Send(&resp)
	})
}

func (a *appService) Watch(_ *pb.AppWatchRequest, stream grpc.ServerStreamingServer[pb.AppWatchResponse]) error {
	o, err := opened(&a.s.apps, contract.KindAppManager)
	if err != nil {
		return err
	}
	watcher, ok := o.set.(*appOps).manager.(contract.AppWatcher)
	if !ok {
		return toStatus(lacks(contract.CapAppWatch))
	}
	if err := stream.Send(&pb.AppWatchResponse{}); err != nil {
		return err
	}
	err = watcher.Watch(stream.Context(), func(c contract.AppChange) error {
		return stream.Send(&pb.AppWatchResponse{Changes: []*pb.AppChange{{
			Id: text(c.ID), Revision: c.Revision, Deleted: c.Deleted,
		}}})
	})
	return toStatus(err)
}

// appOps executes operations on a driver.
type appOps struct {
	manager contract.AppManager
	writer  contract.AppWriter // nil if the driver does not write
}

func newAppOps(driver contract.AppManager) *appOps {
	a := &appOps{manager: driver}
	a.writer, _ = driver.(contract.AppWriter)
	return a
}

func (a *appOps) key(op *pb.AppOp) string {
	switch o := op.GetOp().(type) {
	case *pb.AppOp_Create:
		return o.Create.GetId()
	case *pb.AppOp_Update:
		return o.Update.GetId()
	case *pb.AppOp_Delete:
		return o.Delete.GetId()
	default:
		return ""
	}
}

func (a *appOps) class(*pb.AppOp) (class opClass, shared bool) { return classAlone, false }

func (a *appOps) reset(res *pb.AppResult, id uint64) { res.Id, res.Result = id, nil }

func (a *appOps) fail(res *pb.AppResult, err error) {
	res.Result = &pb.AppResult_Failure{Failure: toFailure(err)}
}

func (a *appOps) size(res *pb.AppResult) int { return proto.Size(res) }

func (a *appOps) run(ctx context.Context, op *pb.AppOp, res *pb.AppResult) {
	switch o := op.GetOp().(type) {
	case *pb.AppOp_FindById:
		app, err := a.manager.FindByID(ctx, o.FindById.GetValue())
		a.setApp(res, app, err)
	case *pb.AppOp_FindByKey:
		app, err := a.manager.FindByKey(ctx, o.FindByKey.GetValue())
		a.setApp(res, app, err)
	case *pb.AppOp_List:
		page, err := a.manager.List(ctx, o.List.GetPageToken(), int(o.List.GetLimit()))
		a.setPage(res, page, err)
	default:
		a.write(ctx, op, res)
	}
}

func (a *appOps) write(ctx context.Context, op *pb.AppOp, res *pb.AppResult) {
	if a.writer == nil {
		a.fail(res, lacks(contract.CapAppWrite))
		return
	}
	switch o := op.GetOp().(type) {
	case *pb.AppOp_Create:
		app, err := a.writer.Create(ctx, fromApp(o.Create))
		a.setApp(res, app, err)
	case *pb.AppOp_Update:
		app, err := a.writer.Update(ctx, fromApp(o.Update))
		a.setApp(res, app, err)
	case *pb.AppOp_Delete:
		if err := a.writer.Delete(ctx, o.Delete.GetId(), o.Delete.GetRevision()); err != nil {
			a.fail(res, err)
			return
		}
		res.Result = &pb.AppResult_Done{Done: &pb.Empty{}}
	default:
		a.fail(res, errUnknownOp)
	}
}

func (a *appOps) runMany(context.Context, opClass, []*pb.AppOp, []*pb.AppResult) {}

func (a *appOps) setApp(res *pb.AppResult, app *contract.App, err error) {
	if err != nil {
		a.fail(res, err)
		return
	}
	converted, _, err := checkedApp(app)
	if err != nil {
		a.fail(res, err)
		return
	}
	res.Result = &pb.AppResult_App{App: converted}
}

func (a *appOps) setPage(res *pb.AppResult, page contract.AppPage, err error) {
	if err != nil {
		a.fail(res, err)
		return
	}
	p := &pb.AppPage{Next: text(page.Next)}
	for _, app := range page.Apps {
		converted, _, err := checkedApp(app)
		if err != nil {
			a.fail(res, err)
			return
		}
		p.Apps = append(p.Apps, converted)
	}
	res.Result = &pb.AppResult_Page{Page: p}
}
