package wire

// Before a session, a program just started says who it is in a greeting, which stands out from whatever
// start-up files, a message of the day or sudo's lecture print around it:
//
//	output   = *noise greeting
//	greeting = LF "PBC " nonce " " words LF
//
// The nonce is the starter's, and new for each start.

import (
	"bufio"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"runtime"
	"strings"
)

// maxNoise is how much may be printed before a greeting.
const maxNoise = 256 << 10

// ErrNoise says that a program printed without end where its greeting was expected.
var ErrNoise = errors.New("endless output where the agent's greeting was expected")

// NewNonce returns 16 random hexadecimal digits.
func NewNonce() string {
	var b [8]byte
	rand.Read(b[:])
	return hex.EncodeToString(b[:])
}

// Hello is the greeting of an agent, after which its session follows: "agent GOOS/GOARCH". The line end
// at its beginning closes a line that something before it may have left open.
func Hello(nonce string) string {
	return "\nPBC " + nonce + " agent " + runtime.GOOS + "/" + runtime.GOARCH + "\n"
}

// ReadGreeting passes over noise up to the next greeting with the nonce and returns its words. What
// follows stays in r.
func ReadGreeting(r *bufio.Reader, nonce string) (string, error) {
	mark, seen := "PBC "+nonce+" ", 0
	var cur []byte
	for {
		part, err := r.ReadSlice('\n')
		if seen += len(part); seen > maxNoise {
			return "", ErrNoise
		}
		if len(cur) < 512 {
			cur = append(cur, part...)
		}
		switch {
		case errors.Is(err, bufio.ErrBufferFull):
			continue
		case err != nil:
			return "", err
		case strings.HasPrefix(string(cur), mark):
			return strings.TrimRight(string(cur[len(mark):]), "\r\n"), nil
		}
		cur = cur[:0]
	}
}
