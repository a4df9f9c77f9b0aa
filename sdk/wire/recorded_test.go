package wire

import (
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"google.golang.org/protobuf/reflect/protoreflect"

	pb "github.com/jackfield/jackfield/sdk/wire/backendv1"
)

var record = flag.Bool("record", false, "add what is new in the protocol to testdata/protocol.txt, as a release does")

const recordedProtocol = "testdata/protocol.txt"

// Every line of testdata/protocol.txt was in a release: servers and plugins that
// are in use rely on it, in both directions. What is added need not stand there.
func TestTheProtocolHasAllThatItHad(t *testing.T) {
	text, err := os.ReadFile(recordedProtocol)
	if err != nil {
		t.Fatal(err)
	}
	had, has := strings.Split(strings.TrimSpace(string(text)), "\n"), protocolLines()
	for _, line := range had {
		if !slices.Contains(has, line) {
			t.Errorf("%q is no more: servers and plugins of other releases rely on it; add beside it, or raise ProtocolMajor", line)
		}
	}
	if *record {
		all := append(had, has...)
		slices.Sort(all)
		if err := os.WriteFile(recordedProtocol, []byte(strings.Join(slices.Compact(all), "\n")+"\n"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// protocolLines is all that matters on the wire, a line for each thing.
func protocolLines() []string {
	lines := []string{fmt.Sprintf("handshake %d %s %s", ProtocolMajor, Handshake.MagicCookieKey, Handshake.MagicCookieValue)}
	for _, name := range []string{PluginName, LifelineEnv, TokenMetadata} {
		lines = append(lines, "name "+name)
	}
	for _, a := range abilities {
		lines = append(lines, strings.TrimSpace(fmt.Sprint("capability ", a.capability, " ", a.kind)))
	}
	for _, file := range []protoreflect.FileDescriptor{
		pb.File_backend_v1_common_proto, pb.File_backend_v1_lifecycle_proto, pb.File_backend_v1_appmanager_proto, pb.File_backend_v1_cache_proto,
		pb.File_backend_v1_queue_proto, pb.File_backend_v1_ratelimiter_proto, pb.File_backend_v1_adapter_proto,
	} {
		for i := range file.Services().Len() {
			lines = append(lines, methodLines(file.Services().Get(i))...)
		}
		lines = append(lines, enumLines(file.Enums())...)
		lines = append(lines, messageLines(file.Messages())...)
	}
	slices.Sort(lines)
	return lines
}

func methodLines(s protoreflect.ServiceDescriptor) (lines []string) {
	stream := map[bool]string{true: "stream "}
	for i := range s.Methods().Len() {
		m := s.Methods().Get(i)
		lines = append(lines, fmt.Sprintf("rpc %s %s%s returns %s%s", m.FullName(),
			stream[m.IsStreamingClient()], m.Input().FullName(), stream[m.IsStreamingServer()], m.Output().FullName()))
	}
	return lines
}

func enumLines(enums protoreflect.EnumDescriptors) (lines []string) {
	for i := range enums.Len() {
		e := enums.Get(i)
		for j := range e.Values().Len() {
			v := e.Values().Get(j)
			lines = append(lines, fmt.Sprintf("enum %s %d %s", e.FullName(), v.Number(), v.Name()))
		}
	}
	return lines
}

func messageLines(messages protoreflect.MessageDescriptors) (lines []string) {
	for i := range messages.Len() {
		m := messages.Get(i)
		for j := range m.Fields().Len() {
			lines = append(lines, fieldLine(m.FullName(), m.Fields().Get(j)))
		}
		lines = append(lines, enumLines(m.Enums())...)
		lines = append(lines, messageLines(m.Messages())...)
	}
	return lines
}

func fieldLine(of protoreflect.FullName, f protoreflect.FieldDescriptor) string {
	typ := f.Kind().String()
	switch {
	case f.Message() != nil:
		typ = string(f.Message().FullName())
	case f.Enum() != nil:
		typ = string(f.Enum().FullName())
	}
	line := fmt.Sprintf("field %s %d %s %s %s", of, f.Number(), f.Name(), f.Cardinality(), typ)
	if o := f.ContainingOneof(); o != nil && !o.IsSynthetic() {
		line += " oneof " + string(o.Name())
	}
	return line
}
