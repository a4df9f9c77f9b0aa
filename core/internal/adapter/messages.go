package adapter

import (
	"context"

	"github.com/jackfield/jackfield/core/internal/hub"
	"github.com/jackfield/jackfield/core/internal/pusher"
	"github.com/jackfield/jackfield/sdk/contract"
)

// Publish delivers messages to the subscribers of this node, as hub.Publish does,
// and then hands them over for the others. What the hub refuses nobody gets.
func (n *Node) Publish(ctx context.Context, appID string, msgs []hub.Message) error {
	if err := n.hub.Publish(ctx, appID, msgs); err != nil {
		return err
	}
	n.Send(appID, msgs)
	return nil
}

// Send hands messages over for the other nodes. It never waits.
func (n *Node) Send(appID string, msgs []hub.Message) {
	for i := range msgs {
		m := &msgs[i]
		n.out.add(topicOf(appID, m.Channel), envelope{
			kind: kindMessage, app: appID, channel: m.Channel, except: m.Except, id: m.ID, frame: m.Frame,
		})
	}
}

// Terminate closes the connections of a user on all nodes.
func (n *Node) Terminate(appID, userID string) {
	n.hub.Terminate(appID, userID)
	channel := pusher.UserChannel(userID).Name
	n.out.add(topicOf(appID, channel), envelope{kind: kindTerminate, app: appID, channel: channel})
}

// TellAppChanged tells the other nodes that this one has changed an app.
func (n *Node) TellAppChanged(change contract.AppChange) {
	e := envelope{kind: kindAppChanged, app: change.ID, id: change.Revision}
	if change.Deleted {
		e.kind = kindAppDeleted
	}
	n.out.add(appTopic, e)
}

// hear does what a message of another node says.
func (n *Node) hear(m *contract.BusMessage) {
	e, err := decode(m.Body)
	if err != nil {
		n.counts.wrong.Add(1)
		return
	}
	if e.incarnation == n.sender || !n.heard.fresh(m.Topic, &e) {
		return
	}
	n.counts.received.Add(1)
	switch e.kind {
	case kindMessage:
		one := [1]hub.Message{{Channel: e.channel, Frame: e.frame, Except: e.except, ID: e.id}}
		if n.hub.TryPublish(e.app, one[:]) != nil {
			n.counts.lost[lostBehind].Add(1)
		}
	case kindTerminate:
		if user, ok := pusher.UserOfChannel(e.channel); ok {
			n.hub.Terminate(e.app, user)
		}
	case kindAppChanged:
		n.opts.AppChanged(contract.AppChange{ID: e.app, Revision: e.id})
	case kindAppDeleted:
		n.opts.AppChanged(contract.AppChange{ID: e.app, Deleted: true})
	default:
		n.counts.unknown.Add(1)
	}
}
