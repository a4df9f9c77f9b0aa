package appjson

// FieldKind is what a field of the flat form holds.
type FieldKind int

// The kinds of fields.
const (
	Number FieldKind = iota // a limit
	Flag                    // true or false
	Value                   // a list or an object
)

// FlatField is a field of the flat form beside the credentials.
type FlatField struct {
	Name string
	Kind FieldKind
}

// FlatFields returns the fields that a policy takes the place of, for stores
// which keep each in a column of its own. The slice belongs to the caller.
func FlatFields() []FlatField {
	fields := []FlatField{
		{"terminate_on_limit", Flag},
		{"message_rate_limit", Value},
		{"allowed_origins", Value},
		{"webhooks", Value},
	}
	for _, f := range limitFields {
		fields = append(fields, FlatField{f.name, Number})
	}
	for _, f := range featureFields {
		fields = append(fields, FlatField{f.name, Flag})
	}
	for _, f := range foreignFields {
		fields = append(fields, FlatField{f.name, f.kind})
	}
	return fields
}
