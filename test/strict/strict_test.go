package strict

import "testing"

func TestCheckIsStrict(t *testing.T) {
	for _, frame := range []string{
		`{"event":"pusher:pong"}`,
		`{"event":"pusher:ping","data":{}}`,
		`{"event":"pusher:error","data":"{\"code\":4001,\"message\":\"x\"}"}`,
		`{"event":"pusher_internal:subscription_succeeded","channel":"c"}`,
		`{"event":"pusher_internal:subscription_succeeded","channel":"presence-c","data":"{\"presence\":{\"ids\":[1],\"hash\":{},\"count\":1}}"}`,
		`{"event":"pusher_internal:subscription_succeeded","channel":"presence-c","data":"{\"presence\":{\"ids\":[],\"hash\":[],\"count\":0}}"}`,
		`{"event":"pusher_internal:member_added","channel":"presence-c","data":"{\"user_id\":1}"}`,
		`{"event":"pusher:connection_established","data":"{\"socket_id\":\"1.2\",\"activity_timeout\":0}"}`,
	} {
		if Check([]byte(frame)) == nil {
			t.Errorf("every SDK reads %s", frame)
		}
	}
}
