package socket

import (
	"bufio"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
)

// Opcodes of frames.
const (
	OpText  = 1
	OpClose = 8
)

// Upgrade asks for a socket to the app with this key, and reads the answer from
// in. The caller bounds the time.
func Upgrade(w io.Writer, in *bufio.Reader, key string) error {
	_, err := fmt.Fprintf(w, "GET /app/%s?protocol=7 HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"+
		"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n", key)
	if err != nil {
		return err
	}
	resp, err := http.ReadResponse(in, nil)
	if err != nil {
		return err
	}
	if resp.StatusCode != http.StatusSwitchingProtocols {
		return fmt.Errorf("upgrade answered %s", resp.Status)
	}
	return nil
}

// WriteText sends a text of less than 64 KiB in one frame.
func WriteText(w io.Writer, text string) error {
	head := []byte{0x80 | OpText}
	if n := len(text); n < 126 {
		head = append(head, 0x80|byte(n))
	} else {
		head = binary.BigEndian.AppendUint16(append(head, 0x80|126), uint16(n))
	}
	const mask = "\x00\x00\x00\x00" // hides nothing, and is one
	_, err := w.Write(append(append(head, mask...), text...))
	return err
}

// ReadFrame returns the next frame. The payload belongs to the caller.
func ReadFrame(in io.Reader) (op byte, payload []byte, err error) {
	var head [2]byte
	if _, err := io.ReadFull(in, head[:]); err != nil {
		return 0, nil, err
	}
	n := uint64(head[1])
	if size := map[uint64]int{126: 2, 127: 8}[n]; size > 0 {
		var long [8]byte
		if _, err := io.ReadFull(in, long[8-size:]); err != nil {
			return 0, nil, err
		}
		n = binary.BigEndian.Uint64(long[:])
	}
	payload = make([]byte, n)
	_, err = io.ReadFull(in, payload)
	return head[0] & 0x0f, payload, err
}

// Sign signs a text with the secret of an app.
func Sign(secret, text string) string {
	mac := hmac.New(sha256.New, []byte(secret))
	_, _ = io.WriteString(mac, text)
	return hex.EncodeToString(mac.Sum(nil))
}
