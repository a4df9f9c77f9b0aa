package wire

import (
	"context"
	"crypto/subtle"

	"github.com/hashicorp/go-hclog"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
)

// tokenCredentials adds the call token to every call.
type tokenCredentials string

func (t tokenCredentials) GetRequestMetadata(context.Context, ...string) (map[string]string, error) {
	return map[string]string{TokenMetadata: string(t)}, nil
}

func (t tokenCredentials) RequireTransportSecurity() bool { return false }

// guard stands before every call of a plugin.
type guard struct {
	token  string
	logger hclog.Logger
}

func (g guard) check(ctx context.Context) error {
	if g.token == "" {
		return nil
	}
	md, _ := metadata.FromIncomingContext(ctx)
	got := md.Get(TokenMetadata)
	if len(got) != 1 || subtle.ConstantTimeCompare([]byte(got[0]), []byte(g.token)) != 1 {
		return status.Error(codes.Unauthenticated, "call without the token that this plugin was started with")
	}
	return nil
}

func (g guard) unary(ctx context.Context, req any, _ *grpc.UnaryServerInfo, next grpc.UnaryHandler) (resp any, err error) {
	if err := g.check(ctx); err != nil {
		return nil, err
	}
	defer g.recoverCall(&err)
	return next(ctx, req)
}

func (g guard) stream(srv any, ss grpc.ServerStream, _ *grpc.StreamServerInfo, next grpc.StreamHandler) (err error) {
	if err := g.check(ss.Context()); err != nil {
		return err
	}
	defer g.recoverCall(&err)
	return next(srv, ss)
}

// recoverCall turns a panic outside of the drivers into the call's error.
func (g guard) recoverCall(err *error) {
	if p := recover(); p != nil {
		if g.logger != nil {
			logPanic(g.logger, p)
		}
		*err = toStatus(panicError(p))
	}
}
