package pusher

import (
	"strings"
	"testing"
)

func BenchmarkParseEnvelope(b *testing.B) {
	for name, frame := range map[string]string{
		"ping":      `{"event":"pusher:ping","data":{}}`,
		"subscribe": `{"event":"pusher:subscribe","data":{"auth":"` + testKey + ":" + signatureVectors[0].signature + `","channel":"private-foobar"}}`,
		"client":    `{"event":"client-typing","channel":"private-room","data":{"user":"ann","text":"` + strings.Repeat("hello ", 12) + `"}}`,
		"1KB":       `{"event":"client-typing","channel":"private-room","data":"` + strings.Repeat(`{\"a\":\"b\"},`, 70) + `"}`,
	} {
		b.Run(name, func(b *testing.B) {
			in := []byte(frame)
			b.ReportAllocs()
			b.SetBytes(int64(len(in)))
			for b.Loop() {
				if _, err := ParseEnvelope(in); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkAppendEvent(b *testing.B) {
	text := strings.Repeat(`{\"a\":\"b\"},`, 70)
	for name, data := range map[string]string{"string": `"` + text + `"`, "object": `{"x":"` + text + `"}`} {
		b.Run(name, func(b *testing.B) {
			dst, raw := make([]byte, 0, 4096), []byte(data)
			b.ReportAllocs()
			for b.Loop() {
				AppendEvent(dst, "my-event", "presence-room", raw, "1")
			}
		})
	}
}

func BenchmarkVerify(b *testing.B) {
	s := NewSigner(testSecret)
	message, signature := []byte(signatureVectors[0].message), []byte(signatureVectors[0].signature)
	b.ReportAllocs()
	for b.Loop() {
		if !s.Verify(message, signature) {
			b.Fatal("refused")
		}
	}
}

func BenchmarkVerifyChannelAuth(b *testing.B) {
	ch, auth := mustChannel(b, "private-foobar"), []byte(testKey+":"+signatureVectors[0].signature)
	signers := Signers{NewSigner(testSecret)}
	b.ReportAllocs()
	for b.Loop() {
		if err := VerifyChannelAuth(signers, testKey, testID, ch, auth, nil); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkVerifyRequest(b *testing.B) {
	r := post(vectorQuery + vectorMD5 + "&auth_signature=" + vectorSign)
	signers := Signers{NewSigner(testSecret)}
	b.ReportAllocs()
	for b.Loop() {
		if err := VerifyRequest(signers, testKey, r, vectorTime); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkParseEvent(b *testing.B) {
	body := []byte(vectorBody)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := ParseEvent(body, Limits{}); err != nil {
			b.Fatal(err)
		}
	}
}
