package deploy

// The first contact is one command. Between its two ends these pass, on the command's output, each as a
// greeting of package wire, and on its input:
//
//	output = hello session / need (hello session / fail) / fail
//	hello  = "agent " GOOS "/" GOARCH                  an agent runs; the session follows
//	need   = "need " uname-s " " uname-m " " form      no agent is here; send one
//	form   = "gzip" / "raw"
//	fail   = "fail " words                             nothing can be done here
//	input  = [offer] session
//	offer  = size " " crc " " sha256 LF size bytes                 the answer to need
//
// size is that of the bytes sent, crc (CRC-32C, eight hexadecimal digits) and sha256 are of the agent
// itself. The session's bytes are sent after hello only.

import (
	"bufio"
	"fmt"
	"io"
	"strings"

	"pbc/transport/wire"
)

// script is run by sh -c '...' from any login shell: one line without a quote, backslash or exclamation
// mark, so that csh, fish and sh all pass it on as it stands. It keeps the cached file's name in step with
// package boot: agent-ID-CRC. A folder is used only if it is the user's own and no link, since others may
// write to /var/tmp.
//
// Several hosts may be one machine, or share a home folder: they may run the script at once. A file that one of them
// may be about to start is therefore replaced, never removed.
//
// The files it makes are the user's alone; the agent runs with the user's own umask.
const script = "U=`umask`; umask 077; N=@NONCE@ V=@ID@ F=@FRESH@ T=; " +
	`own() { [ -d "$1" ] && [ -O "$1" ] && if [ -h "$1" ]; then return 1; fi; }; ` +
	`run() { if [ "$F" = no ] && own "$1"; then for f in "$1/agent-$V-"*; do if [ -x "$f" ]; then umask $U; exec "$f" agent serve $N; fi; done; fi; }; ` +
	`gone() { if [ "$T" ]; then rm -f "$T" "$T.z"; fi; }; ` +
	`fail() { echo; echo "PBC $N fail $1"; exit 1; }; ` +
	`try() { mkdir -p "$1" 2>/dev/null; own "$1" || return 1; T="$1/.new-$N"; ` +
	`if (echo exit >"$T") 2>/dev/null && chmod 700 "$T" && "$T" 2>/dev/null; then D="$1"; else gone; T=; return 1; fi; }; ` +
	`H="${XDG_CACHE_HOME:-${HOME:-/nonexistent}/.cache}/pbc"; run "$H"; ` +
	"W=\"/var/tmp/pbc-`id -u`\"; run \"$W\"; " +
	`trap gone 0; trap "exit 1" 1 2 13 15; ` +
	`try "$H" || try "$W" || fail "neither $H nor $W can hold a program"; ` +
	`if command -v gzip >/dev/null 2>&1; then Z=gzip; else Z=raw; fi; ` +
	"echo; echo \"PBC $N need `uname -s` `uname -m` $Z\"; " +
	`read S C X || fail "no agent was sent"; ` +
	`head -c "$S" >"$T.z" || fail "cannot write $T.z"; ` +
	`if [ $Z = gzip ]; then gzip -dc <"$T.z" >"$T" || fail "cannot unpack the agent into $T"; else mv -f "$T.z" "$T"; fi; ` +
	`chmod 700 "$T"; "$T" agent check $X || fail "the agent arrived damaged or does not run here"; ` +
	`rm -f "$T.z"; A="$D/agent-$V-$C"; mv -f "$T" "$A" || fail "cannot keep $A"; T=; ` +
	`for f in "$D/agent-$V-"*; do [ "$f" = "$A" ] || rm -f "$f"; done; ` +
	`find "$D" -type f -mtime +60 -exec rm -f {} + 2>/dev/null; ` +
	`umask $U; exec "$A" agent serve $N`

// command returns the command line for the login shell. fresh makes it pass over a cached agent.
func command(nonce, id string, fresh bool) string {
	f := "no"
	if fresh {
		f = "yes"
	}
	return "exec sh -c '" + strings.NewReplacer("@NONCE@", nonce, "@ID@", id, "@FRESH@", f).Replace(script) + "'"
}

// failed is the error of a fail line.
type failed string

// Error implements error.
func (f failed) Error() string { return string(f) }

// line is a line of the grammar: the words of one greeting.
type line []string

// readLine reads the next greeting. A fail line is an error.
func readLine(r *bufio.Reader, nonce string) (line, error) {
	words, err := wire.ReadGreeting(r, nonce)
	if err != nil {
		return nil, err
	}
	return parseLine(words)
}

func parseLine(s string) (line, error) {
	if words, ok := strings.CutPrefix(s, "fail "); ok {
		return nil, failed(words)
	}
	f := strings.Fields(s)
	if len(f) == 2 && f[0] == "agent" || len(f) == 4 && f[0] == "need" && (f[3] == "gzip" || f[3] == "raw") {
		return f, nil
	}
	return nil, fmt.Errorf("got greeting %q, want agent or need", s)
}

// platform translates uname's words into GOOS/GOARCH; what it does not know it returns as they are.
func platform(system, machine string) string {
	arch := map[string]string{
		"x86_64": "amd64", "amd64": "amd64", "i386": "386", "i486": "386", "i586": "386", "i686": "386",
		"aarch64": "arm64", "arm64": "arm64", "armv6l": "arm", "armv7l": "arm", "armv8l": "arm",
		"ppc64le": "ppc64le", "s390x": "s390x", "riscv64": "riscv64",
	}[machine]
	if arch == "" {
		arch = machine
	}
	return strings.ToLower(system) + "/" + arch
}

// sendAll writes p in pieces and calls moved after each.
func sendAll(w io.Writer, p []byte, moved func()) error {
	const piece = 64 << 10
	for len(p) > 0 {
		n := min(piece, len(p))
		if _, err := w.Write(p[:n]); err != nil {
			return err
		}
		p = p[n:]
		moved()
	}
	return nil
}
