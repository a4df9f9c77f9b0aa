package main

import (
	"strconv"
	"strings"
	"sync"
)

// slots is the number of hash slots of a cluster.
const slots = 16384

// slotOf returns the hash slot of a key: CRC16 of what stands between the first
// braces, or of the whole key.
func slotOf(key string) int {
	if open := strings.IndexByte(key, '{'); open >= 0 {
		if end := strings.IndexByte(key[open+1:], '}'); end > 0 {
			key = key[open+1 : open+1+end]
		}
	}
	return crc16(key) % slots
}

// crc16 is the one of XMODEM.
func crc16(s string) int {
	crc := 0
	for i := range len(s) {
		crc ^= int(s[i]) << 8
		for range 8 {
			crc <<= 1
			if crc&0x10000 != 0 {
				crc ^= 0x11021
			}
		}
	}
	return crc
}

// tags holds for each slot a text that lies in it.
var tags = sync.OnceValue(func() *[slots]string {
	var all [slots]string
	for n, left := 0, slots; left > 0; n++ {
		text := strconv.Itoa(n)
		if slot := crc16(text) % slots; all[slot] == "" {
			all[slot] = text
			left--
		}
	}
	return &all
})

// tagOf returns "{...}", which puts a key that contains it, and no braces
// before, into a slot.
func tagOf(slot int) string { return "{" + tags()[slot] + "}" }
