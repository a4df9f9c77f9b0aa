package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/aws/smithy-go"
	"pgregory.net/rapid"

	"github.com/jackfield/jackfield/sdk/contract"
)

// moody answers batches as it is told: per entry, or with an error for all.
type moody struct {
	service
	mood   func() string
	calls  [][]types.SendMessageBatchRequestEntry
	stored []string // texts
}

const (
	isStored  = "stored"
	isRefused = "refused"
	isBroken  = "broken"
	isSilent  = "silent"
	allFail   = "all fail"
)

func (m *moody) SendMessageBatch(_ context.Context, in *sqs.SendMessageBatchInput, _ ...func(*sqs.Options)) (*sqs.SendMessageBatchOutput, error) {
	m.calls = append(m.calls, in.Entries)
	out := &sqs.SendMessageBatchOutput{}
	moods := make([]string, len(in.Entries))
	for i := range moods {
		if moods[i] = m.mood(); moods[i] == allFail {
			return nil, &smithy.GenericAPIError{Code: "ThrottlingException", Message: "slow down"}
		}
	}
	for i, e := range in.Entries {
		text := aws.ToString(e.MessageBody)
		mood := moods[i]
		switch mood {
		case isStored:
			m.stored = append(m.stored, text)
			out.Successful = append(out.Successful, types.SendMessageBatchResultEntry{Id: e.Id})
			continue
		case isRefused, isBroken:
			out.Failed = append(out.Failed, types.BatchResultErrorEntry{
				Id: e.Id, Code: aws.String("Odd"), SenderFault: mood == isRefused, Message: aws.String("no"),
			})
		}
	}
	return out, nil
}

func TestEachJobOfABatchHasItsOwnAnswer(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		fifo := rapid.Bool().Draw(t, "fifo")
		moods := []string{isStored, isStored, isStored, isStored, isStored, isRefused, isBroken, isSilent, allFail}
		m := &moody{mood: func() string { return rapid.SampledFrom(moods).Draw(t, "mood") }}
		l := newLine(newQueue(options{FIFO: fifo}, m, nil), "q", place{limit: largestMessage})
		jobs := drawJobs(t)
		errs := l.enqueue(context.Background(), jobs)
		for i, j := range jobs {
			first := slices.IndexFunc(jobs, func(other contract.Job) bool { return other.ID == j.ID })
			isIn := slices.ContainsFunc(m.stored, func(text string) bool { return strings.Contains(text, `"id":"`+jobs[first].ID+`"`) })
			if (errs[i] == nil) != isIn {
				t.Fatalf("job %d: stored %t, answer %v", i, isIn, errs[i])
			}
		}
		checkCalls(t, m.calls, fifo)
		if fifo {
			checkOrder(t, jobs, errs)
		}
	})
}

func drawJobs(t *rapid.T) []contract.Job {
	jobs := make([]contract.Job, rapid.IntRange(0, 40).Draw(t, "jobs"))
	for i := range jobs {
		id := i
		if i > 0 && rapid.IntRange(0, 9).Draw(t, "again") == 0 {
			id = rapid.IntRange(0, i-1).Draw(t, "id")
		}
		jobs[i] = contract.Job{
			Queue: "q", ID: fmt.Sprint("job", id, "."), GroupKey: fmt.Sprint("g", id%rapid.IntRange(1, 7).Draw(t, "groups")),
			Body: []byte(strings.Repeat("x", rapid.SampledFrom([]int{1, 100, 60 << 10, mostBody}).Draw(t, "size"))),
		}
	}
	return jobs
}

// checkCalls looks at the bounds of SQS, and that no call has two of a group.
func checkCalls(t *rapid.T, calls [][]types.SendMessageBatchRequestEntry, fifo bool) {
	for _, entries := range calls {
		size, groups := 0, map[string]bool{}
		for _, e := range entries {
			size += len(aws.ToString(e.MessageBody))
			if group := aws.ToString(e.MessageGroupId); fifo && groups[group] {
				t.Fatalf("two jobs of a group in one call")
			} else {
				groups[group] = true
			}
		}
		if len(entries) > mostEntries || len(entries) > 1 && size > mostBatch {
			t.Fatalf("a call has %d entries of %d bytes", len(entries), size)
		}
	}
}

// checkOrder expects that of each group the stored jobs are the first ones.
func checkOrder(t *rapid.T, jobs []contract.Job, errs []error) {
	failed, seen := map[string]bool{}, map[string]bool{}
	for i, j := range jobs {
		if seen[j.ID] {
			continue
		}
		seen[j.ID] = true
		if errs[i] == nil && failed[j.GroupKey] {
			t.Fatalf("job %d of %s was stored although one before it was not", i, j.GroupKey)
		}
		failed[j.GroupKey] = failed[j.GroupKey] || errs[i] != nil
	}
}

func TestAnswersOfABatch(t *testing.T) {
	failed := []types.BatchResultErrorEntry{
		{Id: aws.String("1"), Code: aws.String("InternalError")},
		{Id: aws.String("2"), Code: aws.String("InvalidMessageContents"), SenderFault: true},
		{Id: aws.String("3"), Code: aws.String("RequestThrottled")},
		{Id: aws.String("99"), Code: aws.String("Odd")},
		{Id: aws.String("x")},
	}
	errs := outcomes(callSend, 6, []*string{aws.String("0"), aws.String("3"), nil, aws.String("-1"), aws.String("4")}, failed)
	for i, want := range []error{nil, contract.ErrUnavailable, contract.ErrInvalid, contract.ErrOverloaded, nil, contract.ErrUnavailable} {
		if !errors.Is(errs[i], want) {
			t.Errorf("entry %d: %v, want %v", i, errs[i], want)
		}
	}
}

func TestAReplayedIDIsStoredOnceByManyCallers(t *testing.T) {
	m := &moody{mood: func() string { return isStored }}
	l := newLine(newQueue(options{}, m, nil), "q", place{limit: largestMessage})
	mine, busy := l.claims.claim("a")
	if !mine || busy != nil {
		t.Fatal("the first claim failed")
	}
	answers := make(chan []error)
	jobs := []contract.Job{{Queue: "q", ID: "a", GroupKey: "g"}, {Queue: "q", ID: "b", GroupKey: "g"}}
	go func() { answers <- l.enqueue(context.Background(), jobs) }()
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if errs := l.enqueue(ctx, jobs[:1]); !errors.Is(errs[0], contract.ErrTimeout) {
		t.Errorf("a caller whose context has ended got %v", errs[0])
	}
	l.claims.settle("a", true)
	if err := errors.Join(<-answers...); err != nil {
		t.Error(err)
	}
	if len(m.stored) != 1 || !strings.Contains(m.stored[0], `"id":"b"`) {
		t.Errorf("stored %q, want b alone", m.stored)
	}
}
