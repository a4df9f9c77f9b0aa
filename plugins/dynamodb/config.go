package main

import (
	"net/url"
	"regexp"

	"github.com/jackfield/jackfield/sdk/contract"
)

// options are the keys under database.dynamodb.
type options struct {
	Region          string          `json:"region" jsonschema:"AWS region of the table"`
	TableName       string          `json:"table_name" jsonschema:"table of the apps, created if it does not exist"`
	EndpointURL     string          `json:"endpoint_url" jsonschema:"endpoint instead of AWS's own"`
	AccessKeyID     string          `json:"aws_access_key_id" jsonschema:"static credentials; empty means the default AWS chain"`
	SecretAccessKey contract.Secret `json:"aws_secret_access_key" jsonschema:"static credentials"`
	SessionToken    contract.Secret `json:"aws_session_token" jsonschema:"token of static credentials that are temporary"`
	ProfileName     string          `json:"aws_profile_name" jsonschema:"profile of the shared AWS files"`
	ReadCapacity    int64           `json:"read_capacity" jsonschema:"read units of a table that has to be created; 0 means pay per request"`
	WriteCapacity   int64           `json:"write_capacity" jsonschema:"write units of a table that has to be created; 0 means pay per request"`
}

// Defaults sets what a configuration need not say.
func (o *options) Defaults() { *o = options{Region: "us-east-1", TableName: "jackfield-applications"} }

var (
	regionName = regexp.MustCompile(`^[a-z0-9-]{1,63}$`)
	tableName  = regexp.MustCompile(`^([A-Za-z0-9_.-]{3,255}|arn:[a-z-]+:dynamodb:[a-z0-9-]+:[0-9]+:table/[A-Za-z0-9_.-]{3,255})$`)
)

// mostCapacity is far above what AWS grants to a table.
const mostCapacity = 1_000_000

func (o *options) validate() error {
	var p contract.OptionErrors
	p.Unless(regionName.MatchString(o.Region), "region", "must be the name of a region, such as eu-central-1, is %q", o.Region)
	p.Unless(tableName.MatchString(o.TableName), "table_name", "must be 3 to 255 letters, digits and any of _ . -, or an ARN, is %q", o.TableName)
	u, err := url.Parse(o.EndpointURL)
	good := err == nil && u.Host != "" && (u.Scheme == "http" || u.Scheme == "https")
	p.Unless(good || o.EndpointURL == "", "endpoint_url", "must be a URL that begins with http:// or https://")
	static := o.AccessKeyID != ""
	p.Unless(static == (o.SecretAccessKey != ""), "aws_access_key_id", "and aws_secret_access_key belong together; set both or none")
	p.Unless(static || o.SessionToken == "", "aws_session_token", "belongs to aws_access_key_id and aws_secret_access_key; set these too or remove it")
	p.Unless(!static || o.ProfileName == "", "aws_profile_name", "has no effect beside aws_access_key_id; remove one of them")
	p.Within("read_capacity", o.ReadCapacity, 0, mostCapacity)
	p.Within("write_capacity", o.WriteCapacity, 0, mostCapacity)
	p.Unless((o.ReadCapacity == 0) == (o.WriteCapacity == 0), "read_capacity", "and write_capacity belong together; set both or none")
	return p.Err()
}

// source is the option that says which shared AWS settings are used, if one does.
func (o *options) source() string {
	if o.ProfileName != "" {
		return "aws_profile_name"
	}
	return ""
}
