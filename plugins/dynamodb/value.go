package main

import (
	"encoding/json"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/jackfield/jackfield/sdk/appjson"
)

// deepest is how far lists and maps may be nested; DynamoDB itself takes 32.
const deepest = 32

// jsonOf writes an attribute as JSON. If that cannot be done it says why.
func jsonOf(value types.AttributeValue) (raw json.RawMessage, problem string) {
	return nested(value, deepest)
}

func nested(value types.AttributeValue, depth int) (json.RawMessage, string) {
	if depth == 0 {
		return nil, "is nested too deep"
	}
	switch v := value.(type) {
	case *types.AttributeValueMemberN:
		if !json.Valid([]byte(v.Value)) {
			return nil, "is a number that cannot be read"
		}
		return json.RawMessage(v.Value), ""
	case *types.AttributeValueMemberL:
		return list(v.Value, depth)
	case *types.AttributeValueMemberM:
		return object(v.Value, depth)
	case *types.AttributeValueMemberS:
		return appjson.FieldOf(v.Value)
	case *types.AttributeValueMemberBOOL:
		return appjson.FieldOf(v.Value)
	case *types.AttributeValueMemberNULL:
		return appjson.FieldOf(nil)
	case *types.AttributeValueMemberSS:
		return appjson.FieldOf(v.Value)
	}
	return nil, "cannot be " + typeOf(value)
}

func list(values []types.AttributeValue, depth int) (json.RawMessage, string) {
	all := make([]json.RawMessage, len(values))
	for i, value := range values {
		raw, problem := nested(value, depth-1)
		if problem != "" {
			return nil, problem
		}
		all[i] = raw
	}
	return appjson.FieldOf(all)
}

func object(values map[string]types.AttributeValue, depth int) (json.RawMessage, string) {
	all := make(map[string]json.RawMessage, len(values))
	for name, value := range values {
		raw, problem := nested(value, depth-1)
		if problem != "" {
			return nil, problem
		}
		all[name] = raw
	}
	return appjson.FieldOf(all)
}

// typeOf names the type of an attribute.
func typeOf(value types.AttributeValue) string {
	switch value.(type) {
	case *types.AttributeValueMemberS:
		return "text (S)"
	case *types.AttributeValueMemberN:
		return "a number (N)"
	case *types.AttributeValueMemberBOOL:
		return "a boolean (BOOL)"
	case *types.AttributeValueMemberB:
		return "binary data (B)"
	case *types.AttributeValueMemberL:
		return "a list (L)"
	case *types.AttributeValueMemberM:
		return "a map (M)"
	case *types.AttributeValueMemberSS, *types.AttributeValueMemberNS, *types.AttributeValueMemberBS:
		return "a set"
	case *types.AttributeValueMemberNULL:
		return "null"
	}
	return "of an unknown type"
}
