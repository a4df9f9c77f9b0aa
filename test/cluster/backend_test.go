package cluster

import (
	"crypto/md5"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackfield/jackfield/test/history"
	"github.com/jackfield/jackfield/test/launch"
)

// receiver is the back end of the app: it keeps what webhooks tell.
type receiver struct {
	*httptest.Server
	mu    sync.Mutex
	told  history.Announcements
	wrong error
	all   []history.Announcement
}

func newReceiver(t *testing.T) *receiver {
	r := &receiver{}
	r.Server = httptest.NewServer(r)
	t.Cleanup(r.Close)
	return r
}

// ServeHTTP takes one delivery.
func (r *receiver) ServeHTTP(_ http.ResponseWriter, req *http.Request) {
	body, _ := io.ReadAll(req.Body)
	var sent struct {
		Events []struct {
			Name    string
			Channel string
			UserID  string `json:"user_id"`
		}
	}
	_ = json.Unmarshal(body, &sent)
	r.mu.Lock()
	defer r.mu.Unlock()
	for i, e := range sent.Events {
		n := history.Announcement{ID: fmt.Sprint(req.Header.Get("X-Webhook-ID"), "/", i), Name: e.Name, Channel: e.Channel, User: e.UserID}
		r.all = append(r.all, n)
		if err := r.told.Add(n); err != nil && r.wrong == nil {
			r.wrong = err
		}
	}
}

func (r *receiver) err() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.wrong
}

// members returns who is in a channel, as the webhooks say.
func (r *receiver) members(channel string) (users []string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, fact := range r.told.Present("member_added") {
		if user, ok := strings.CutPrefix(fact, channel+"/"); ok {
			users = append(users, user)
		}
	}
	return users
}

// count is how many announcements with ids of their own came.
func (r *receiver) count(name, channel, user string) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	ids := map[string]bool{}
	for _, n := range r.all {
		if n.Name == name && n.Channel == channel && n.User == user {
			ids[n.ID] = true
		}
	}
	return len(ids)
}

var impatient = http.Client{Timeout: 10 * time.Second}

// call makes a signed call of a node's API and returns the answer's body, and
// how long that took. Parameters in the path come after "body_md5" in the alphabet.
func call(n *launch.Server, method, path, body string) (answer []byte, took time.Duration, err error) {
	path, more, _ := strings.Cut("/apps/"+launch.Demo.ID+path, "?")
	query := fmt.Sprintf("auth_key=%s&auth_timestamp=%d&auth_version=1.0", launch.Demo.Key, time.Now().Unix())
	if body != "" {
		query += fmt.Sprintf("&body_md5=%x", md5.Sum([]byte(body)))
	}
	if more != "" {
		query += "&" + more
	}
	url := n.URL() + path + "?" + query + "&auth_signature=" + sign(launch.Demo.Secret, method+"\n"+path+"\n"+query)
	req, err := http.NewRequest(method, url, strings.NewReader(body))
	if err != nil {
		return nil, 0, err
	}
	began := time.Now()
	resp, err := impatient.Do(req)
	if err != nil {
		return nil, time.Since(began), err
	}
	defer resp.Body.Close()
	answer, err = io.ReadAll(resp.Body)
	if err == nil && resp.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s %s: %s %s", method, path, resp.Status, answer)
	}
	return answer, time.Since(began), err
}

// usersOf returns the members of a channel by the API of a node, sorted.
func usersOf(n *launch.Server, channel string) ([]string, error) {
	answer, _, err := call(n, http.MethodGet, "/channels/"+channel+"/users", "")
	if err != nil {
		return nil, err
	}
	var a struct{ Users []struct{ ID string } }
	err = json.Unmarshal(answer, &a)
	users := []string{}
	for _, u := range a.Users {
		users = append(users, u.ID)
	}
	slices.Sort(users)
	return users, err
}

// publish publishes one event through a node.
func publish(n *launch.Server, channel, data string) (time.Duration, error) {
	body, _ := json.Marshal(map[string]string{"name": "news", "channel": channel, "data": data})
	_, took, err := call(n, http.MethodPost, "/events", string(body))
	return took, err
}

// counts returns the number of users and of subscriptions of a presence channel,
// by the API of a node.
func counts(n *launch.Server, channel string) (users, subscriptions int) {
	answer, _, err := call(n, http.MethodGet, "/channels/"+channel+"?info=subscription_count,user_count", "")
	var a struct {
		Users         int `json:"user_count"`
		Subscriptions int `json:"subscription_count"`
	}
	if err != nil || json.Unmarshal(answer, &a) != nil {
		return -1, -1
	}
	return a.Users, a.Subscriptions
}
