#!/bin/sh
# Generates backendv1 from proto/backend/v1. Needs only Go: the three pinned
# tools are built into a cache directory, once.
set -eu
cd "$(dirname "$0")"

buf=v1.75.0 go=v1.36.12 grpc=v1.6.2
tools="${XDG_CACHE_HOME:-$HOME/.cache}/backend-proto/$buf-$go-$grpc"

install_tool() { # name package@version
	[ -x "$tools/$1" ] || (cd / && GOWORK=off GOFLAGS= GOBIN="$tools" go install "$2")
}
install_tool buf "github.com/bufbuild/buf/cmd/buf@$buf"
install_tool protoc-gen-go "google.golang.org/protobuf/cmd/protoc-gen-go@$go"
install_tool protoc-gen-go-grpc "google.golang.org/grpc/cmd/protoc-gen-go-grpc@$grpc"

PATH="$tools:$PATH"
cd proto
buf lint
buf generate
