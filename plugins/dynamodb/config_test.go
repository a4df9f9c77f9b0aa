package main

import (
	"errors"
	"testing"

	"github.com/jackfield/jackfield/sdk/contract"
)

func TestWrongOptionsAreReportedAllAtOnce(t *testing.T) {
	_, err := open(t.Context(), options{
		Region: "Frankfurt", TableName: "a", EndpointURL: "localhost:8000", AccessKeyID: "id", ProfileName: "p",
		ReadCapacity: 5,
	})
	const want = `region: must be the name of a region, such as eu-central-1, is "Frankfurt"
table_name: must be 3 to 255 letters, digits and any of _ . -, or an ARN, is "a"
endpoint_url: must be a URL that begins with http:// or https://
aws_access_key_id: and aws_secret_access_key belong together; set both or none
aws_profile_name: has no effect beside aws_access_key_id; remove one of them
read_capacity: and write_capacity belong together; set both or none`
	if err == nil || err.Error() != want || !errors.Is(err, contract.ErrInvalid) {
		t.Errorf("error:\n%v\nwant:\n%s", err, want)
	}
	_, err = open(t.Context(), options{Region: "x", TableName: "apps", SessionToken: "t", WriteCapacity: -1, ReadCapacity: 1})
	const other = `aws_session_token: belongs to aws_access_key_id and aws_secret_access_key; set these too or remove it
write_capacity: must be from 0 to 1000000, is -1`
	if err == nil || err.Error() != other {
		t.Errorf("error:\n%v\nwant:\n%s", err, other)
	}
}

func TestDefaultsAreGoodOptions(t *testing.T) {
	var o options
	o.Defaults()
	if err := o.validate(); err != nil {
		t.Error(err)
	}
}
