package codec

import (
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"hash"
	"strings"
	"time"
	"unicode/utf8"

	"pbc/ir/value"
	"pbc/runtime/exception"
	"pbc/runtime/plugin"
	"pbc/runtime/pycodec"
	"pbc/runtime/python"
)

var codes = []*plugin.Row{
	{Name: "to_json", Params: "*args, **kw", Doc: "Write a value as JSON.", Native: true, Fn: toJSON},
	{Name: "to_nice_json", Params: "indent=4, sort_keys=true, *args, **kw", Doc: "Write a value as indented JSON.", Native: true, Fn: toNiceJSON},
	{Name: "tojson", Params: "indent=none", Hidden: 1, Doc: "Write a value as JSON that HTML may hold.", Python: "do_tojson", Fn: htmlJSON},
	{Name: "from_json", Params: "**kw", Doc: "Read JSON.", Python: "loads", Fn: fromJSON},
	{Name: "from_yaml", Params: "", Doc: "Read a YAML document.", Fn: fromYAML(false)},
	{Name: "from_yaml_all", Params: "", Doc: "Read a stream of YAML documents.", Fn: fromYAML(true)},
	{Name: "b64encode", Params: "encoding='utf-8'", Doc: "Encode text in base 64.", Fn: b64encode},
	{Name: "b64decode", Params: "encoding='utf-8'", Doc: "Decode text in base 64.", Fn: b64decode},
	{Name: "md5", Params: "", Doc: "Return the MD5 digest of text.", Python: "md5s", Fn: digest(md5.New)},
	{Name: "sha1", Aliases: []string{"checksum"}, Params: "", Doc: "Return the SHA-1 digest of text.", Python: "secure_hash_s", Fn: digest(sha1.New)},
	{Name: "hash", Params: "hashtype='sha1'", Doc: "Return a digest of text.", Python: "get_hash", Fn: hashFilter},
	{Name: "to_uuid", Params: "namespace='361E6D51-FAEC-444A-9079-341386DA8E2E'", Doc: "Return the version 5 UUID of text.", Fn: plugin.Text(toUUID)},
	{Name: "to_datetime", Params: "format='%Y-%m-%d %H:%M:%S'", Doc: "Read a date and time.", Fn: toDatetime},
	{Name: "strftime", Params: "second=none, utc=false", Doc: "Format a time.", Fn: strftimeFilter},
}

// jsonArgs reads the arguments of json.dumps.
func jsonArgs(c *python.Call, o value.JSONOptions) (value.JSONOptions, error) {
	var err error
	if v, ok := c.Kwarg("indent"); ok {
		if o.Indent, err = jsonIndent(v); err != nil {
			return o, err
		}
	}
	if o.SortKeys, err = c.KwFlag("sort_keys", o.SortKeys); err != nil {
		return o, err
	}
	if o.Open, err = c.KwFlag("vault_to_text", true); err != nil {
		return o, err
	}
	if o.ASCII, err = c.KwFlag("ensure_ascii", o.ASCII); err != nil {
		return o, err
	}
	if v, ok := c.Kwarg("separators"); ok && v != nil {
		it, err := python.Iter(v)
		if err != nil || len(it) != 2 {
			return o, exception.TypeError("cannot unpack separators")
		}
		o.ItemSep, o.KeySep = python.Str(it[0]), python.Str(it[1])
	}
	for _, a := range c.KW {
		switch a.Name {
		case "indent", "sort_keys", "ensure_ascii", "separators", "vault_to_text", "preprocess_unsafe", "skipkeys", "check_circular", "allow_nan", "default":
		default:
			return o, exception.TypeError("JSONEncoder.__init__() got an unexpected keyword argument '%s'", a.Name)
		}
	}
	return o, nil
}

func jsonIndent(v value.Value) (int, error) {
	if v == nil {
		return 0, nil
	}
	n, err := python.AsInt(v)
	return int(min(n, 1000)), err
}

func toJSON(c *python.Call) (value.Value, error) {
	if len(c.Rest()) > 0 {
		return nil, exception.TypeError("dumps() takes 1 positional argument but %d were given", 1+len(c.Rest()))
	}
	o, err := jsonArgs(c, value.JSONOptions{ASCII: true})
	if err != nil {
		return nil, err
	}
	return writeJSON(c.Args[0], o)
}

func toNiceJSON(c *python.Call) (value.Value, error) {
	if len(c.Rest()) > 0 {
		return nil, exception.TypeError("to_json() takes 1 positional argument but %d were given", 1+len(c.Rest()))
	}
	indent, err := jsonIndent(c.Opt(1, int64(4)))
	if err != nil {
		return nil, err
	}
	sort, err := c.OptFlag(2, true)
	if err != nil {
		return nil, err
	}
	o, err := jsonArgs(c, value.JSONOptions{Indent: indent, SortKeys: sort, TextKeys: c.Ctx.Tagged(), ASCII: true, ItemSep: ",", KeySep: ": "})
	if err != nil {
		return nil, err
	}
	return writeJSON(c.Args[0], o)
}

// writeJSON is value.JSON with Python's kind of error.
func writeJSON(v value.Value, o value.JSONOptions) (string, error) {
	s, err := value.JSON(jsonReady(v), o)
	if err != nil && !exception.IsAnsible(err) {
		err = exception.TypeError("%s", err)
	}
	return s, err
}

// jsonReady makes dictionaries of the views that Ansible's encoder knows.
func jsonReady(v value.Value) value.Value {
	if d, ok := python.AsDict(v); ok {
		return d
	}
	return v
}

func htmlJSON(c *python.Call) (value.Value, error) {
	if _, isUndef := c.Args[0].(*value.Undef); isUndef {
		return nil, plugin.NotText(c, "Object of type %s is not JSON serializable")
	}
	o := value.JSONOptions{ASCII: true, SortKeys: true}
	var err error
	if o.Indent, err = jsonIndent(c.Opt(1, nil)); err != nil {
		return nil, err
	}
	s, err := writeJSON(c.Args[0], o)
	if err != nil {
		return nil, err
	}
	s = strings.NewReplacer("<", `\u003c`, ">", `\u003e`, "&", `\u0026`, "'", `\u0027`).Replace(s)
	return &value.Str{S: s, Markup: true}, nil
}

func fromJSON(c *python.Call) (value.Value, error) {
	var text string
	switch x := c.Args[0].(type) {
	case []byte:
		text = string(x)
	default:
		s, ok := value.Text(x)
		if !ok {
			return nil, plugin.NotText(c, "the JSON object must be str, bytes or bytearray, not %s")
		}
		text = s
	}
	v, err := value.ParseJSON([]byte(text))
	var j *value.JSONError
	if errors.As(err, &j) {
		return nil, exception.Raise("json.decoder.JSONDecodeError", "%s", j.Error())
	}
	return v, err
}

func fromYAML(all bool) python.Func {
	return func(c *python.Call) (value.Value, error) {
		s, ok := value.Text(c.Args[0])
		if !ok {
			return unread(c, all)
		}
		return c.Ctx.ReadYAML(s, all)
	}
}

// unread is what there is of an input that is no text: itself, which dialect tagged means to refuse.
func unread(c *python.Call, all bool) (value.Value, error) {
	v, name := c.Args[0], "from_yaml"
	if all {
		name = "from_yaml_all"
	}
	switch {
	case !c.Ctx.Tagged(), v != nil && python.Use(v) != nil:
		return v, python.Use(v)
	case v == nil && all:
		return value.NewList(), nil
	case v != nil:
		n := python.Deprecation("The "+name+" filter ignored non-string input of type "+value.StrRepr(value.TypeName(v))+".", "2.23")
		n.Shown, _ = value.ToStr(v)
		c.Ctx.Tell(n)
	}
	return v, nil
}

func b64encode(c *python.Call) (value.Value, error) {
	b, ok := c.Args[0].([]byte)
	if !ok {
		s, err := value.ToStr(c.Args[0])
		if err != nil {
			return nil, err
		}
		encoding, err := c.Word(1, "utf-8", "encode() argument 'encoding'")
		if err != nil {
			return nil, err
		}
		if b, err = pycodec.Encode(s, encoding); err != nil {
			return nil, err
		}
	}
	return base64.StdEncoding.EncodeToString(b), nil
}

func decodeText(b []byte, encoding string) (string, error) {
	switch strings.ToLower(strings.ReplaceAll(encoding, "_", "-")) {
	case "utf-8", "utf8":
		return string(b), nil
	}
	return pycodec.Decode(b, encoding)
}

func b64decode(c *python.Call) (value.Value, error) {
	s, err := python.ToText(c.Args[0])
	if err != nil {
		return nil, err
	}
	// Python drops what is not of the alphabet, and wants the padding
	kept := strings.Map(func(r rune) rune {
		if r < utf8.RuneSelf && (python.IsDigit(byte(r)) || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r == '+' || r == '/' || r == '=') {
			return r
		}
		return -1
	}, s)
	body := strings.TrimRight(kept, "=")
	if i := strings.IndexByte(body, '='); i >= 0 {
		body = body[:i]
		kept = body + "=="
	}
	if len(body)%4 == 1 {
		return nil, exception.Raise("binascii.Error", "Invalid base64-encoded string: number of data characters (%d) cannot be 1 more than a multiple of 4", len(body))
	}
	if need := (4 - len(body)%4) % 4; len(kept)-len(body) < need {
		return nil, exception.Raise("binascii.Error", "Incorrect padding")
	}
	b, err := base64.RawStdEncoding.DecodeString(body)
	if err != nil {
		return nil, exception.Raise("binascii.Error", "Incorrect padding")
	}
	encoding, err := c.Word(1, "utf-8", "decode() argument 'encoding'")
	if err != nil {
		return nil, err
	}
	return decodeText(b, encoding)
}

func digest(h func() hash.Hash) python.Func {
	return func(c *python.Call) (value.Value, error) {
		s, err := python.ToText(c.Args[0])
		if err != nil {
			return nil, err
		}
		x := h()
		x.Write([]byte(s))
		return hex.EncodeToString(x.Sum(nil)), nil
	}
}

var hashes = map[string]func() hash.Hash{
	"md5": md5.New, "sha1": sha1.New, "sha224": sha256.New224, "sha256": sha256.New, "sha384": sha512.New384, "sha512": sha512.New,
	"sha512_224": sha512.New512_224, "sha512_256": sha512.New512_256,
}

func hashFilter(c *python.Call) (value.Value, error) {
	if c.Opt(1, "sha1") == nil {
		return nil, exception.While(exception.FilterError("name must be a string"))
	}
	name, err := c.OptText(1, "sha1")
	if err != nil {
		return nil, exception.While(exception.FilterError("%s", err))
	}
	h, ok := hashes[strings.ReplaceAll(python.Lower(name), "-", "_")]
	if !ok {
		return nil, exception.While(exception.FilterError("unsupported hash type %s", name))
	}
	return digest(h)(c)
}

func toUUID(s string, c *python.Call) (value.Value, error) {
	ns, err := c.OptText(1, "361E6D51-FAEC-444A-9079-341386DA8E2E")
	if err != nil {
		return nil, err
	}
	plain := strings.Trim(strings.ReplaceAll(strings.ReplaceAll(ns, "urn:", ""), "uuid:", ""), "{}")
	raw, err := hex.DecodeString(strings.ReplaceAll(plain, "-", ""))
	if err != nil || len(raw) != 16 {
		return nil, exception.While(exception.FilterError("Invalid value '%s' for 'namespace': badly formed hexadecimal UUID string", ns))
	}
	h := sha1.Sum(append(raw, s...))
	u := h[:16]
	u[6] = u[6]&0x0f | 0x50
	u[8] = u[8]&0x3f | 0x80
	x := hex.EncodeToString(u)
	return x[:8] + "-" + x[8:12] + "-" + x[12:16] + "-" + x[16:20] + "-" + x[20:], nil
}

func toDatetime(c *python.Call) (value.Value, error) {
	s, ok := value.Text(c.Args[0])
	if !ok {
		if c.Args[0] == nil {
			return nil, exception.TypeError("strptime() argument 1 must be str, not None")
		}
		return nil, plugin.NotText(c, "strptime() argument 1 must be str, not %s")
	}
	format, ok := value.Text(c.Opt(1, "%Y-%m-%d %H:%M:%S"))
	if !ok {
		return nil, exception.TypeError("strptime() argument 2 must be str, not %s", value.TypeName(c.Args[1]))
	}
	return python.Strptime(s, format)
}

func strftimeFilter(c *python.Call) (value.Value, error) {
	f, ok := value.Text(c.Args[0])
	if !ok {
		return nil, plugin.NotText(c, "strftime() argument 1 must be str, not %s")
	}
	utc, err := c.OptFlag(2, false)
	if err != nil {
		return nil, err
	}
	t := python.Clock()
	if v := c.Opt(1, nil); v != nil {
		n := python.Num(v)
		sec, err := n.Float()
		if s, isText := value.Text(v); isText {
			if sec, ok = python.ParseFloat(s); !ok {
				return nil, exception.While(exception.FilterError("Invalid value for epoch value (%s)", s))
			}
		} else if used := python.Use(v); used != nil { // the message would have it
			return nil, used
		} else if n.Kind == 0 || err != nil {
			return nil, exception.While(exception.FilterError("Invalid value for epoch value (%s)", python.Str(v)))
		}
		t = time.Unix(int64(sec), 0)
	} else {
		c.Ctx.Volatile()
	}
	if utc {
		t = t.UTC()
		return python.Strftime(t, strings.ReplaceAll(f, "%Z", "GMT")), nil
	}
	return python.Strftime(t.Local(), f), nil
}
