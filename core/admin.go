package core

import "github.com/jackfield/jackfield/core/internal/admin"

// AdminClient calls the administration of a running server; DeadChoice names
// dead letters of webhooks.
type (
	AdminClient = admin.Client
	DeadChoice  = admin.Choice
)
