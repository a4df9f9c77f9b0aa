package pusher

import (
	"crypto/md5"
	"crypto/subtle"
	"encoding/hex"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Request is what the signature of a request to the HTTP API covers.
type Request struct {
	Method string
	// RawPath and RawQuery are the parts of the request's target as they were
	// sent, still percent-encoded, without "?".
	RawPath  string
	RawQuery string
	// Prefix is the configured prefix of all paths, "" or as in "/pusher". Back
	// ends may sign with or without it.
	Prefix string
	Body   []byte
}

// MaxSkew is how far the time of a request may be from ours.
const MaxSkew = 600 * time.Second

// maxTarget bounds path and query together, which may be hashed several times.
const maxTarget = 16 << 10

const (
	signatureParam = "auth_signature"
	emptyMD5       = "d41d8cd98f00b204e9800998ecf8427e"
)

// VerifyRequest checks that r was signed by the app within MaxSkew of now.
// A failure is a *Failure; if only the signature is wrong its text shows the
// string that should have been signed.
func VerifyRequest(ss Signers, appKey string, r Request, now time.Time) error {
	sum, err := VerifyHead(ss, appKey, r, now)
	if err != nil {
		return err
	}
	return CheckBody(sum, r.Body)
}

// VerifyHead is VerifyRequest before the body is there: the signature covers the
// MD5 of the body, which is returned for CheckBody.
func VerifyHead(ss Signers, appKey string, r Request, now time.Time) (sum string, err error) {
	if len(r.RawPath)+len(r.RawQuery) > maxTarget {
		return "", overLimit(fmt.Sprintf("path and query are longer than %d bytes", maxTarget))
	}
	var room [16]param
	params, err := parseQuery(room[:0], r.RawQuery)
	if err != nil {
		return "", err
	}
	if err := checkAuthParams(params, appKey, now); err != nil {
		return "", err
	}
	return find(params, "body_md5"), checkSignature(ss, r, params)
}

// StringToSign returns what the signature of r has to cover: method, path and
// sorted parameters, all as they were sent.
func StringToSign(r Request) (string, error) {
	params, err := parseQuery(nil, r.RawQuery)
	if err != nil {
		return "", err
	}
	return string(appendStringToSign(nil, r.Method, r.RawPath, params, asSent)), nil
}

func checkAuthParams(params []param, appKey string, now time.Time) error {
	for _, name := range [...]string{"auth_key", "auth_timestamp", signatureParam} {
		if find(params, name) == "" {
			return refused("query parameter " + name + " is missing")
		}
	}
	if v := find(params, "auth_version"); v != "1.0" {
		return &Failure{http.StatusBadRequest, SlugVersion, "auth_version must be 1.0, is " + quoteShort(v)}
	}
	if key := find(params, "auth_key"); subtle.ConstantTimeCompare([]byte(key), []byte(appKey)) != 1 {
		return refused("auth_key " + quoteShort(key) + " is not that of the app")
	}
	return checkTimestamp(find(params, "auth_timestamp"), now)
}

func checkTimestamp(text string, now time.Time) error {
	sent, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return refused("auth_timestamp must be in whole seconds since 1970, is " + quoteShort(text))
	}
	const skew = int64(MaxSkew / time.Second)
	if server := now.Unix(); sent < server-skew || sent > server+skew {
		return refused(fmt.Sprintf(
			"auth_timestamp %d is more than %d s from the server's time, which is %d", sent, skew, server))
	}
	return nil
}

// CheckBody checks a body against the sum of a request whose head was verified.
func CheckBody(sum string, body []byte) error {
	if len(body) == 0 {
		if sum != "" && sum != emptyMD5 {
			return refused("body_md5 is " + quoteShort(sum) + ", but the request has no body")
		}
		return nil
	}
	if sum == "" {
		return refused("query parameter body_md5 is missing")
	}
	var digits [2 * md5.Size]byte
	got := md5.Sum(body)
	hex.Encode(digits[:], got[:])
	if string(digits[:]) != sum {
		return refused("body_md5 is " + quoteShort(sum) + ", but the MD5 of the body that arrived is " + string(digits[:]))
	}
	return nil
}

// checkSignature tries all readings of the request: back ends sign values and
// paths unencoded, whatever their HTTP client or a proxy makes of them.
func checkSignature(ss Signers, r Request, params []param) error {
	signature := []byte(find(params, signatureParam))
	var pathRoom [4]string
	var scratch [512]byte
	for _, read := range readings(r.RawQuery) {
		for _, path := range appendPaths(pathRoom[:0], r) {
			if ss.Verify(appendStringToSign(scratch[:0], r.Method, path, params, read), signature) {
				return nil
			}
		}
	}
	expected := appendStringToSign(nil, r.Method, r.RawPath, params, asSent)
	return refused(fmt.Sprintf("Invalid signature: you should have sent HmacSHA256Hex(%s, your_secret_key), but you sent %s",
		strconv.Quote(brief(expected)), quoteShort(string(signature))))
}

// appendPaths appends the paths that a back end may have signed, each once.
func appendPaths(paths []string, r Request) []string {
	paths = append(paths, r.RawPath)
	if strings.Contains(r.RawPath, "%") {
		paths = append(paths, decoded(r.RawPath, false))
	}
	prefix := strings.TrimSuffix(r.Prefix, "/")
	if prefix == "" {
		return paths
	}
	for _, p := range paths {
		if rest, ok := strings.CutPrefix(p, prefix); ok {
			paths = append(paths, rest)
		}
	}
	return paths
}

// reading says how the values of a query are understood.
type reading uint8

const (
	asSent         reading = iota
	percentDecoded         // percent escapes replaced
	formDecoded            // and plus as space
)

var allReadings = [...]reading{asSent, percentDecoded, formDecoded}

// readings returns those readings that can differ for this query.
func readings(rawQuery string) []reading {
	switch {
	case strings.Contains(rawQuery, "+"):
		return allReadings[:]
	case strings.Contains(rawQuery, "%"):
		return allReadings[:2]
	default:
		return allReadings[:1]
	}
}

func appendStringToSign(dst []byte, method, path string, params []param, read reading) []byte {
	dst = append(dst, strings.ToUpper(method)...)
	dst = append(dst, '\n')
	dst = append(dst, path...)
	dst = append(dst, '\n')
	first := true
	for _, p := range params {
		if p.name == signatureParam {
			continue
		}
		if !first {
			dst = append(dst, '&')
		}
		first = false
		dst = append(dst, p.name...)
		dst = append(dst, '=')
		dst = append(dst, read.value(p.value)...)
	}
	return dst
}

func (r reading) value(v string) string {
	switch r {
	case percentDecoded:
		return decoded(v, false)
	case formDecoded:
		return decoded(v, true)
	default:
		return v
	}
}

func quoteShort(s string) string { return fmt.Sprintf("%.80q", s) }
