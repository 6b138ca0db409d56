package codec

import (
	"pbc/ir/value"
	"pbc/runtime/crypt"
	"pbc/runtime/exception"
	"pbc/runtime/plugin"
	"pbc/runtime/python"
)

var passwords = []*plugin.Row{{
	Name: "password_hash", Params: "hashtype='sha512', salt=none, salt_size=none, rounds=none, ident=none",
	Doc: "Hash a password.", Python: "get_encrypted_password", Fn: passwordHashFilter,
}}

func passwordHashFilter(c *python.Call) (value.Value, error) {
	if err := python.Use(c.Args[0]); err != nil {
		return nil, err
	}
	hashtype, err := c.OptText(1, "sha512")
	if err != nil {
		return nil, err
	}
	s, name, err := crypt.SchemeOf(hashtype, c.Ctx.Tagged())
	if err != nil {
		return nil, &exception.Error{Class: exception.AnsibleFilter, Msg: err.Error(), Orig: err}
	}
	size, err := plugin.IntOr(c, 3, int64(s.Salt))
	if err != nil {
		return nil, err
	}
	rounds, err := plugin.IntOr(c, 4, 0)
	if err != nil {
		return nil, err
	}
	ident := ""
	if v := c.Opt(5, nil); v != nil && name == "bcrypt" {
		ident = python.Str(v)
	}
	salt := python.Str(c.Opt(2, ""))
	if c.Opt(2, nil) == nil || salt == "" {
		c.Ctx.Volatile()
		if salt, err = s.NewSalt(size); err != nil {
			return nil, &exception.Error{Class: exception.AnsibleFilter, Msg: err.Error(), Orig: err}
		}
	}
	secret, ok := value.Text(c.Args[0])
	if !ok {
		what := value.TypeName(c.Args[0])
		if c.Args[0] == nil {
			what = "None"
		}
		return nil, exception.TypeError("secret must be unicode or bytes, not %s", what)
	}
	h, err := s.Hash(secret, salt, ident, rounds)
	if err != nil {
		return nil, &exception.Error{Class: exception.AnsibleFilter, Msg: err.Error(), Orig: err}
	}
	return h, nil
}
