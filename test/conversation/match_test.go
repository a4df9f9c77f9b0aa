package conversation

import "testing"

func TestMatch(t *testing.T) {
	for name, c := range map[string]struct {
		pattern, got string
		ok           bool
	}{
		"equal objects, other order":              {`{"a":1,"b":"x"}`, `{"b":"x","a":1}`, true},
		"a star is any string":                    {`{"a":"*"}`, `{"a":"anything"}`, true},
		"a star is no number":                     {`{"a":"*"}`, `{"a":1}`, false},
		"a star inside a string":                  {`{"a":"x*z"}`, `{"a":"x.y.z"}`, true},
		"JSON in a string":                        {`{"data":"{\"a\":1,\"b\":\"*\"}"}`, `{"data":"{\"b\":\"2\",\"a\":1}"}`, true},
		"JSON in a string is no object":           {`{"data":"{\"a\":1}"}`, `{"data":{"a":1}}`, false},
		"a missing field":                         {`{"a":1,"b":2}`, `{"a":1}`, false},
		"a field too many":                        {`{"a":1}`, `{"a":1,"b":2}`, false},
		"null is not 0":                           {`{"a":null}`, `{"a":0}`, false},
		"null is null":                            {`{"a":null}`, `{"a":null}`, true},
		"lists are ordered":                       {`{"a":[1,2]}`, `{"a":[2,1]}`, false},
		"ids are a set":                           {`{"ids":["1","2"]}`, `{"ids":["2","1"]}`, true},
		"ids are not a bag":                       {`{"ids":["1","1"]}`, `{"ids":["2","1"]}`, false},
		"big numbers are compared as text":        {`{"a":12345678901234567890}`, `{"a":12345678901234567891}`, false},
		"plain text":                              {`OK`, `OK`, true},
		"plain text with a star":                  {`OK*`, `OK, mostly`, true},
		"an empty object is an empty object":      {`{}`, `{"ok":true}`, false},
		"special characters stand for themselves": {`{"a":"(.+)"}`, `{"a":"xx"}`, false},
	} {
		t.Run(name, func(t *testing.T) {
			if err := match(c.pattern, c.got); (err == nil) != c.ok {
				t.Errorf("match(%s, %s) = %v, want match: %v", c.pattern, c.got, err, c.ok)
			}
		})
	}
}
