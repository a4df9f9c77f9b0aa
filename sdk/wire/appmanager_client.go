package wire

import (
	"context"

	"google.golang.org/grpc"

	"github.com/jackfield/jackfield/sdk/contract"
	pb "github.com/jackfield/jackfield/sdk/wire/backendv1"
)

// AppManager is the client of an app manager driver.
type AppManager struct {
	opts ClientOptions
	api  pb.AppManagerClient
	x    exchange[pb.AppOp, pb.AppResult]
	pool callPool[appCall]
}

var _ interface {
	contract.AppManager
	contract.AppWriter
	contract.AppWatcher
} = (*AppManager)(nil)

// NewAppManager returns a client of the app manager that the plugin behind cc has open.
func NewAppManager(cc grpc.ClientConnInterface, opts ClientOptions) *AppManager {
	api := pb.NewAppManagerClient(cc)
	return &AppManager{opts: opts, api: api, x: newExchange[pb.AppOp, pb.AppResult](opts, service[pb.AppOp, pb.AppResult]{
		header: func(op *pb.AppOp, id uint64, ms int64) { op.Id, op.DeadlineMs = id, ms },
		call: func(ctx context.Context, ops []*pb.AppOp) ([]*pb.AppResult, error) {
			resp, err := api.Batch(ctx, &pb.AppBatchRequest{Ops: ops})
			return resp.GetResults(), err
		},
		open: func(ctx context.Context) (batchStream[pb.AppOp, pb.AppResult], error) {
			s, err := api.Pipe(ctx)
			return &appStream{s: s}, err
		},
	})}
}

type appStream struct {
	s   grpc.BidiStreamingClient[pb.AppBatchRequest, pb.AppBatchResponse]
	req pb.AppBatchRequest
}

func (s *appStream) send(ops []*pb.AppOp) error {
	s.req.Ops = ops
	return s.s.Send(&s.req)
}

func (s *appStream) recv() ([]*pb.AppResult, error) {
	resp, err := s.s.Recv()
	return resp.GetResults(), err
}

// Close ends the client's operations with ErrClosed; watches end with their contexts.
func (m *AppManager) Close() error { return m.x.Close() }

// FindByID implements contract.AppManager.
func (m *AppManager) FindByID(ctx context.Context, id string) (*contract.App, error) {
	if err := checkText("id", id); err != nil {
		return nil, err
	}
	k := m.call(len(id))
	k.find.Value, k.body.Op = id, &k.byID
	return m.app(ctx, k)
}

// FindByKey implements contract.AppManager.
func (m *AppManager) FindByKey(ctx context.Context, key string) (*contract.App, error) {
	if err := checkText("key", key); err != nil {
		return nil, err
	}
	k := m.call(len(key))
	k.find.Value, k.body.Op = key, &k.byKey
	return m.app(ctx, k)
}

// List implements contract.AppManager.
func (m *AppManager) List(ctx context.Context, pageToken string, limit int) (contract.AppPage, error) {
	if err := checkText("page token", pageToken); err != nil {
		return contract.AppPage{}, err
	}
	k := m.call(len(pageToken))
	k.body.Op = &pb.AppOp_List{List: &pb.AppList{PageToken: pageToken, Limit: toLimit(limit)}}
	res, err := m.do(ctx, k)
	if err != nil {
		return contract.AppPage{}, err
	}
	page := contract.AppPage{Next: res.GetPage().GetNext()}
	for _, a := range res.GetPage().GetApps() {
		page.Apps = append(page.Apps, fromApp(a))
	}
	return page, nil
}

// Create implements contract.AppWriter.
func (m *AppManager) Create(ctx context.Context, app *contract.App) (*contract.App, error) {
	return m.write(ctx, app, func(a *pb.App) *pb.AppOp { return &pb.AppOp{Op: &pb.AppOp_Create{Create: a}} })
}

// Update implements contract.AppWriter.
func (m *AppManager) Update(ctx context.Context, app *contract.App) (*contract.App, error) {
	return m.write(ctx, app, func(a *pb.App) *pb.AppOp { return &pb.AppOp{Op: &pb.AppOp_Update{Update: a}} })
}

func (m *AppManager) write(ctx context.Context, app *contract.App, op func(*pb.App) *pb.AppOp) (*contract.App, error) {
	if err := m.opts.need(contract.CapAppWrite); err != nil {
		return nil, err
	}
	a, size, err := checkedApp(app)
	if err != nil {
		return nil, err
	}
	k := m.call(size)
	k.body.Op = op(a).Op
	return m.app(ctx, k)
}

// Delete implements contract.AppWriter.
func (m *AppManager) Delete(ctx context.Context, id string, revision uint64) error {
	if err := m.opts.need(contract.CapAppWrite); err != nil {
		return err
	}
	if err := checkText("id", id); err != nil {
		return err
	}
	k := m.call(len(id))
	k.body.Op = &pb.AppOp_Delete{Delete: &pb.AppDelete{Id: id, Revision: revision}}
	_, err := m.do(ctx, k)
	return err
}

// Watch implements contract.AppWatcher.
func (m *AppManager) Watch(ctx context.Context, changed func(contract.AppChange) error) error {
	if err := m.opts.need(contract.CapAppWatch); err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	stream, err := m.api.Watch(ctx, &pb.AppWatchRequest{})
	if err != nil {
		return watchError(ctx, err)
	}
	for {
		resp, err := stream.Recv()
		if err != nil {
			return watchError(ctx, err)
		}
		for _, c := range resp.Changes {
			if err := changed(contract.AppChange{ID: c.Id, Revision: c.Revision, Deleted: c.Deleted}); err != nil {
				return err
			}
		}
	}
}

// watchError prefers the end of the caller's context to what it did to the stream.
func watchError(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return fromContext(ctx)
	}
	return fromStatus(err)
}

// appCall has room for the frequent operations, so that they need no memory.
type appCall struct {
	call call[pb.AppOp, pb.AppResult]
	body pb.AppOp
	find pb.AppFind

	byID  pb.AppOp_FindById
	byKey pb.AppOp_FindByKey
}

func newAppCall(recycle func(*appCall)) *appCall {
	k := new(appCall)
	k.call.op = &k.body
	k.byID.FindById, k.byKey.FindByKey = &k.find, &k.find
	k.call.recycle = func() { recycle(k) }
	return k
}

func (m *AppManager) call(size int) *appCall {
	k := m.pool.get(newAppCall)
	k.call.start()
	k.call.size = size + opOverhead
	return k
}

func (m *AppManager) do(ctx context.Context, k *appCall) (*pb.AppResult, error) {
	res, err := m.x.do(ctx, &k.call)
	if err == nil {
		err = fromFailure(res.GetFailure())
	}
	return res, err
}

func (m *AppManager) app(ctx context.Context, k *appCall) (*contract.App, error) {
	res, err := m.do(ctx, k)
	if err != nil {
		return nil, err
	}
	if res.GetApp() == nil {
		return nil, wrongResult(res.GetResult())
	}
	return fromApp(res.GetApp()), nil
}
