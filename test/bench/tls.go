//go:build linux

package main

// overTLS measures fan-out over TLS against the same floor, which knows no TLS:
// a record is sealed for each subscriber.
func (s *suite) overTLS() error {
	const subscribers = 1000
	a, err := s.audience(crowd{size: subscribers, channels: inRoom, tls: true})
	if err != nil {
		return err
	}
	defer a.close()
	floor, err := s.bench.StartFloor(subscribers)
	if err != nil {
		return err
	}
	defer floor.Stop()
	single, tens := pace{20, 1, s.slice}, pace{10, 10, s.slice}
	m, err := interleave(max(s.rounds/2, 3), a.perDelivery(single), perWrite(floor, single), a.perDelivery(tens), perWrite(floor, tens))
	if err != nil {
		return err
	}
	s.addFloor("TLS, singles", m[0], m[1], nil, nil)
	s.addFloor("TLS, batches of ten", m[2], m[3], nil, nil)
	return nil
}
