// Package vault opens and makes text encrypted by ansible-vault, and finds the passwords for it.
//
// The format, AES256 of versions 1.1 and 1.2:
//
//	file     = header LF hex(body) in lines of 80
//	header   = "$ANSIBLE_VAULT;1.1;AES256" | "$ANSIBLE_VAULT;1.2;AES256;" id
//	body     = hex(salt) LF hex(hmac) LF hex(cipher)
//	key, mac, iv = PBKDF2-SHA256(password, salt, 10000 rounds, 32+32+16 bytes)
//	cipher   = AES-256-CTR(key, iv, PKCS#7(text))
//	hmac     = HMAC-SHA256(mac, cipher)
//
// A vault id only says which password to prefer: it is not authenticated. Errors carry Ansible's words.
// No error, log line or String method shows a password or a plaintext.
package vault

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/pbkdf2"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"sync"

	"pbc/compiler/diag"
	"pbc/ir/failure"
	"pbc/ir/value"
)

const (
	header    = "$ANSIBLE_VAULT"
	cipherAES = "AES256"
	rounds    = 10000
	keyLen    = 32
	saltLen   = 32
	// DefaultID is the vault id of a password that was given none.
	DefaultID = "default"
)

// FormatError reports text that starts like a vault and is none. Ansible warns of it too.
type FormatError struct{ Msg string }

func (e *FormatError) Error() string { return e.Msg }

func formatErrorf(format string, args ...any) error {
	return &FormatError{fmt.Sprintf(format, args...)}
}

// IsEncrypted says whether data looks like a vault: ASCII that starts with the header.
func IsEncrypted(data []byte) bool {
	if !bytes.HasPrefix(data, []byte(header)) {
		return false
	}
	for _, c := range data {
		if c >= 0x80 {
			return false
		}
	}
	return true
}

// Secret is a password with its vault id.
type Secret struct {
	ID       string
	Password []byte
}

// String hides the password.
func (s Secret) String() string { return "vault secret " + s.ID }

// GoString hides the password.
func (s Secret) GoString() string { return s.String() }

// Keyring holds the passwords of a run, the preferred ones first. A nil Keyring has none. It may be used
// by several goroutines once its fields are set; it remembers what it opened, for the key derivation
// takes milliseconds.
type Keyring struct {
	Secrets []Secret
	// MatchID allows only the passwords with the vault id in the header: the setting
	// DEFAULT_VAULT_ID_MATCH.
	MatchID bool
	// Tagged has errors in the words of dialect tagged: then they wrap a *diag.Diagnostic, with the file as its place.
	Tagged bool
	// Warn, when not nil, is told of vaults whose text is damaged, in words that are not to be wrapped; dialect tagged tells nobody.
	Warn func(text string)

	mu     sync.Mutex
	opened map[[sha256.Size]byte][]byte
}

// Decrypt opens a vault. file is where the text comes from, for messages; it may be empty.
func (k *Keyring) Decrypt(data []byte, file string) ([]byte, error) {
	sum := sha256.Sum256(data)
	if k != nil {
		if plain, ok := k.recall(sum); ok {
			return plain, nil
		}
	}
	o, err := k.Open(data, file)
	if err != nil {
		return nil, err
	}
	k.remember(sum, o.Plain)
	return o.Plain, nil
}

// Opened is a vault that was opened.
type Opened struct {
	Plain  []byte
	Secret Secret // the one that opened it
	ID     string // the vault id in the header
}

// String hides the text.
func (o Opened) String() string { return "opened vault " + o.ID }

// GoString hides the text.
func (o Opened) GoString() string { return o.String() }

// Open is Decrypt that also tells how the vault was closed.
func (k *Keyring) Open(data []byte, file string) (Opened, error) {
	o, err := k.open(data, file)
	if err != nil && k != nil && k.Tagged {
		err = told(err, file)
	}
	return o, err
}

// refusal is why a vault stays closed, in the words of both dialects.
type refusal struct{ classic, tagged string }

func (r *refusal) Error() string { return r.classic }

// Unwrap has evaluators know the class of the error.
func (r *refusal) Unwrap() error { return &value.VaultError{Msg: r.classic} }

// told is an error of Open as dialect tagged tells it.
func told(err error, file string) error {
	f := failure.New(err.Error())
	var r *refusal
	if errors.As(err, &r) {
		f.Msg = r.tagged
	}
	if file != "" {
		f.At = &value.Origin{File: file}
	}
	return &toldError{&diag.Diagnostic{Kind: diag.Invalid, Exit: 1, Msg: f.Msg, Tagged: f}}
}

// toldError is a diagnostic that evaluators know the class of.
type toldError struct{ d *diag.Diagnostic }

func (t *toldError) Error() string { return t.d.Msg }

// Unwrap is the diagnostic, and the class.
func (t *toldError) Unwrap() []error { return []error{t.d, &value.VaultError{Msg: t.d.Msg}} }

func (k *Keyring) open(data []byte, file string) (Opened, error) {
	in, on := "", ""
	if file != "" {
		in, on = " in "+file, " on "+file
	}
	if !IsEncrypted(data) {
		msg := "input is not vault encrypted data. "
		if file != "" {
			msg += file + " is not a vault encrypted file"
		}
		return Opened{}, &refusal{msg, "Input is not vault encrypted data."}
	}
	body, cipherName, id, err := envelope(data)
	if err != nil {
		if k != nil && k.Tagged {
			in = ""
		}
		return Opened{}, formatErrorf("Vault envelope format error%s: %s", in, err)
	}
	if cipherName != cipherAES {
		return Opened{}, &refusal{cipherName + " cipher could not be found", "Cipher '" + cipherName + "' could not be found."}
	}
	if k == nil || len(k.Secrets) == 0 {
		return Opened{}, &refusal{"Attempting to decrypt but no vault secrets found", "Attempting to decrypt but no vault secrets found."}
	}
	for _, s := range k.Secrets {
		if k.MatchID && s.ID != id {
			continue
		}
		plain, err := open(body, s.Password)
		if err == nil {
			return Opened{plain, s, id}, nil
		}
		var fe *FormatError
		if errors.As(err, &fe) {
			if k.Warn != nil && !k.Tagged {
				k.Warn("There was a vault format error" + in + ": " + err.Error())
			}
			return Opened{}, err
		}
	}
	const failed = "Decryption failed (no vault secrets were found that could decrypt)"
	return Opened{}, &refusal{failed + on, failed + "."}
}

func (k *Keyring) recall(sum [sha256.Size]byte) ([]byte, bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	plain, ok := k.opened[sum]
	return bytes.Clone(plain), ok
}

func (k *Keyring) remember(sum [sha256.Size]byte, plain []byte) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.opened == nil {
		k.opened = map[[sha256.Size]byte][]byte{}
	}
	k.opened[sum] = bytes.Clone(plain)
}

// Find returns the first secret with that vault id, or the first of all when id is empty.
func (k *Keyring) Find(id string) (Secret, error) {
	var known []string
	if k != nil {
		for _, s := range k.Secrets {
			if id == "" || s.ID == id {
				return s, nil
			}
			known = append(known, "'"+s.ID+"'")
		}
	}
	if id == "" {
		return Secret{}, errors.New("A vault password must be specified to encrypt data")
	}
	return Secret{}, fmt.Errorf("Did not find a match for --encrypt-vault-id=%s in the known vault-ids [%s]", id, strings.Join(known, ", "))
}

// envelope splits a vault into its body, still in hexadecimal, and what its header says.
func envelope(data []byte) (body []byte, cipherName, id string, err error) {
	lines := splitLines(data)
	parts := strings.Split(strings.TrimSpace(string(lines[0])), ";")
	if len(parts) < 3 {
		return nil, "", "", errors.New("list index out of range")
	}
	id = DefaultID
	if len(parts) >= 4 {
		id = strings.TrimSpace(parts[3])
	}
	return bytes.Join(lines[1:], nil), strings.TrimSpace(parts[2]), id, nil
}

// splitLines is Python's bytes.splitlines.
func splitLines(data []byte) [][]byte {
	data = bytes.ReplaceAll(data, []byte("\r\n"), []byte("\n"))
	data = bytes.ReplaceAll(data, []byte("\r"), []byte("\n"))
	return bytes.Split(bytes.TrimSuffix(data, []byte("\n")), []byte("\n"))
}

func unhex(b []byte) ([]byte, error) {
	if len(b)%2 == 1 {
		return nil, formatErrorf("Vault format unhexlify error: Odd-length string")
	}
	out := make([]byte, len(b)/2)
	if _, err := hex.Decode(out, b); err != nil {
		return nil, formatErrorf("Vault format unhexlify error: Non-hexadecimal digit found")
	}
	return out, nil
}

var errHMAC = errors.New("HMAC verification failed: Signature did not match digest.")

// open decrypts the body of a vault.
func open(body, password []byte) ([]byte, error) {
	raw, err := unhex(body)
	if err != nil {
		return nil, err
	}
	parts := bytes.SplitN(raw, []byte("\n"), 3)
	if len(parts) != 3 {
		return nil, formatErrorf("Vault vaulttext format error: not enough values to unpack (expected 3, got %d)", len(parts))
	}
	var fields [3][]byte
	for _, i := range []int{0, 2, 1} { // the order in which Ansible finds faults
		if fields[i], err = unhex(parts[i]); err != nil {
			return nil, err
		}
	}
	salt, mac, text := fields[0], fields[1], fields[2]
	keys, err := derive(password, salt)
	if err != nil {
		return nil, err
	}
	if !hmac.Equal(keys.sign(text), mac) {
		return nil, errHMAC
	}
	plain, err := keys.stream(text)
	if err != nil {
		return nil, err
	}
	return unpad(plain)
}

func unpad(b []byte) ([]byte, error) {
	bad := errors.New("Invalid padding bytes.")
	if len(b) == 0 || len(b)%aes.BlockSize != 0 {
		return nil, bad
	}
	n := int(b[len(b)-1])
	if n == 0 || n > aes.BlockSize || !bytes.Equal(b[len(b)-n:], bytes.Repeat([]byte{byte(n)}, n)) {
		return nil, bad
	}
	return b[:len(b)-n], nil
}

type keys struct{ key, mac, iv []byte }

func derive(password, salt []byte) (keys, error) {
	b, err := pbkdf2.Key(sha256.New, string(password), salt, rounds, 2*keyLen+aes.BlockSize)
	if err != nil {
		return keys{}, err
	}
	return keys{b[:keyLen], b[keyLen : 2*keyLen], b[2*keyLen:]}, nil
}

func (k keys) sign(text []byte) []byte {
	h := hmac.New(sha256.New, k.mac)
	h.Write(text)
	return h.Sum(nil)
}

func (k keys) stream(in []byte) ([]byte, error) {
	block, err := aes.NewCipher(k.key)
	if err != nil {
		return nil, err
	}
	out := make([]byte, len(in))
	cipher.NewCTR(block, k.iv).XORKeyStream(out, in)
	return out, nil
}

// Encrypt makes a vault of plain with that secret. A vault id other than "" and "default" goes into the
// header, which then is of version 1.2. The salt "" stands for a random one. The lines end with LF, the last one too.
func Encrypt(plain []byte, s Secret, id, salt string) ([]byte, error) {
	if salt != "" {
		return encrypt(plain, s, id, []byte(salt))
	}
	random := make([]byte, saltLen)
	if _, err := rand.Read(random); err != nil {
		return nil, err
	}
	return encrypt(plain, s, id, random)
}

func encrypt(plain []byte, s Secret, id string, salt []byte) ([]byte, error) {
	if IsEncrypted(plain) {
		return nil, errors.New("input is already encrypted")
	}
	k, err := derive(s.Password, salt)
	if err != nil {
		return nil, err
	}
	pad := aes.BlockSize - len(plain)%aes.BlockSize
	padded := append(bytes.Clone(plain), bytes.Repeat([]byte{byte(pad)}, pad)...)
	text, err := k.stream(padded)
	if err != nil {
		return nil, err
	}
	body := hex.EncodeToString([]byte(hex.EncodeToString(salt) + "\n" + hex.EncodeToString(k.sign(text)) + "\n" + hex.EncodeToString(text)))
	var b bytes.Buffer
	if id != "" && id != DefaultID {
		b.WriteString(header + ";1.2;" + cipherAES + ";" + id + "\n")
	} else {
		b.WriteString(header + ";1.1;" + cipherAES + "\n")
	}
	for len(body) > 0 {
		n := min(80, len(body))
		b.WriteString(body[:n] + "\n")
		body = body[n:]
	}
	return b.Bytes(), nil
}
