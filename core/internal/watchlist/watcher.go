package watchlist

// Watch makes a watcher of the users in ids, which holds each id once. send is
// called before Watch returns with who is online and who is not, and later, from
// other goroutines but one call at a time, with changes; never with nothing. It
// returns at once and calls nothing of the table.
func (t *Table) Watch(appID string, ids []string, send func(online, offline []string)) *Watcher {
	t.mu.Lock()
	defer t.mu.Unlock()
	w := &Watcher{table: t, send: send, changed: map[string]bool{}, told: make(map[string]bool, len(ids))}
	for _, id := range ids {
		key := userKey{appID, id}
		u := t.user(key)
		u.watchers[w] = struct{}{}
		w.keys = append(w.keys, key)
		w.changed[id] = u.online
	}
	w.report(true)
	return w
}

// Close ends the watching: send is not called any more.
func (w *Watcher) Close() {
	t := w.table
	t.mu.Lock()
	defer t.mu.Unlock()
	w.over = true
	if w.pending != nil {
		w.pending.CallOff()
	}
	for _, key := range w.keys {
		u := t.users[key]
		delete(u.watchers, w)
		t.drop(key, u)
	}
	w.keys = nil
}

func (w *Watcher) flush() {
	w.table.mu.Lock()
	defer w.table.mu.Unlock()
	w.pending = nil
	if !w.over {
		w.report(false)
	}
}

// report sends what has changed, in the order of the list, and at first all.
func (w *Watcher) report(first bool) {
	var online, offline []string
	for _, key := range w.keys {
		is, changed := w.changed[key.id]
		switch {
		case !changed || !first && is == w.told[key.id]:
			continue
		case is:
			online = append(online, key.id)
		default:
			offline = append(offline, key.id)
		}
		w.told[key.id] = is
	}
	clear(w.changed)
	if len(online)+len(offline) > 0 {
		w.send(online, offline)
	}
}
