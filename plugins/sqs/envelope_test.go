package main

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/jackfield/jackfield/sdk/contract"
)

func TestAJobComesOutOfItsEnvelopeAsItWent(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		job := contract.Job{
			Queue: "q", ID: rapid.StringN(1, 40, -1).Draw(t, "id"), GroupKey: rapid.StringN(1, 40, -1).Draw(t, "group"),
			Body:        rapid.OneOf(rapid.SliceOf(rapid.Byte()), rapid.Map(rapid.String(), func(s string) []byte { return []byte(s) })).Draw(t, "body"),
			MaxAttempts: rapid.Uint32().Draw(t, "attempts"),
			Delay:       time.Duration(rapid.Int64Range(0, 1e9).Draw(t, "delay")) * time.Millisecond,
		}
		e, err := sealJob(job, time.Now())
		if errors.Is(err, contract.ErrInvalid) {
			if isText(job.ID) && isText(job.GroupKey) && len(job.GroupKey) <= mostGroup {
				t.Fatalf("refused: %v", err)
			}
			return
		}
		text, err := e.encode()
		if err != nil {
			t.Fatal(err)
		}
		checkLetters(t, text)
		back, err := openEnvelope(text)
		if err != nil {
			t.Fatalf("%v in %s", err, text)
		}
		got := back.job("q")
		if !bytes.Equal(got.Body, job.Body) {
			t.Fatalf("body %q, want %q", got.Body, job.Body)
		}
		got.Body, job.Body = nil, nil
		if diff := cmp.Diff(job, got); diff != "" {
			t.Fatal(diff)
		}
	})
}

// checkLetters expects only letters that SQS takes.
func checkLetters(t interface{ Fatalf(string, ...any) }, text string) {
	bad := func(r rune) bool {
		return r < 0x20 && r != '\t' && r != '\n' && r != '\r' || r == 0xfffe || r == 0xffff || r == utf8.RuneError && !strings.ContainsRune(text, utf8.RuneError)
	}
	if !utf8.ValidString(text) || strings.ContainsFunc(text, bad) {
		t.Fatalf("SQS does not take %q", text)
	}
}

func FuzzOpenEnvelope(f *testing.F) {
	f.Add(`{"v":1,"id":"a","group":"g","born_ms":1,"text":"x"}`)
	f.Add(`{"v":1,"id":"a","group":"g","born_ms":1,"bytes":"AP8=","dead":{"reason":"r","attempts":2,"at_ns":5}}`)
	f.Add(`{"app_id":"app","app_secret":"s"}`)
	f.Add(`{"v":1,"id":"a","group":"g","delay_ms":-1}`)
	f.Add("hello")
	f.Fuzz(func(t *testing.T, text string) {
		e, err := openEnvelope(text)
		if err != nil {
			return
		}
		job := e.job("q")
		if job.ID == "" || job.GroupKey == "" || job.Delay < 0 {
			t.Fatalf("%q is read as %+v", text, job)
		}
		sealed, err := sealJob(job, time.UnixMilli(e.BornMS))
		if err != nil {
			return // such as a body that is larger than ours may be
		}
		if again := sealed.job("q"); !bytes.Equal(again.Body, job.Body) || again.ID != job.ID {
			t.Fatalf("%+v became %+v", job, again)
		}
	})
}

func TestReasonsAreShortText(t *testing.T) {
	for _, reason := range []string{"410 gone", "a\xffb", "\ufffe\uffff", strings.Repeat("é", 2000)} {
		got := cleanReason(reason)
		if len(got) > mostReason || !isText(got) {
			t.Errorf("%q became %q", reason, got)
		}
	}
	if got := cleanReason("410 gone"); got != "410 gone" {
		t.Error(got)
	}
}
