package pymodule

import (
	"bytes"
	"compress/zlib"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"os"
	"path"
	"path/filepath"
	"strings"

	"pbc/ir"
	"pbc/ir/value"
	"pbc/runtime/module"
)

// program runs a module that is a program of its own: a file, and mostly a second one with its arguments.
func (h *Host) program(ctx context.Context, c *module.Call) (output, error) {
	packed, err := h.bundle(ctx, c.Payload.Own)
	if err != nil {
		return output{}, err
	}
	src, err := onlyFile(packed)
	if err != nil {
		return output{}, err
	}
	dir, err := os.MkdirTemp(c.RemoteTmp, "module")
	if err != nil {
		return output{}, err
	}
	defer os.RemoveAll(dir)
	file, args := path.Join(dir, "AnsiballZ_"+c.Payload.File), path.Join(dir, "args")
	text, err := h.argumentText(c)
	if err != nil {
		return output{}, err
	}
	words := []string{file}
	switch c.Payload.Style {
	case ir.StyleReplaced:
		src = replaced(src, text, c)
	default:
		words = append(words, args)
		err = os.WriteFile(args, []byte(text), 0o600)
	}
	if err == nil {
		err = os.WriteFile(file, withInterpreter(src, c), 0o700)
	}
	if err != nil {
		return output{}, err
	}
	line := strings.Join(words, " ")
	if in := commandOf(c); in != "" {
		line = in + " " + line
	}
	// "sleep 0" is Ansible's: it keeps the shell, which says how the module ended.
	out := module.Start(ctx, module.Command{Path: "/bin/sh", Argv: []string{"/bin/sh", "-c", line + " && sleep 0"}, Env: environ(c.Env)})
	if out.StartFailed != nil {
		return output{}, out.StartFailed
	}
	return output{rc: shellCode(out.RC), out: out.Out, err: out.Err}, ctx.Err()
}

// argumentText is what the module reads as its arguments.
func (h *Host) argumentText(c *module.Call) (string, error) {
	all := h.arguments(c)
	if c.Payload.Style != ir.StyleOld {
		return value.JSON(all, value.JSONOptions{})
	}
	var b strings.Builder
	for i, k := range all.K {
		name, err := value.ToStr(k)
		if err != nil {
			return "", err
		}
		v, err := value.ToStr(all.V[i])
		if err != nil {
			return "", err
		}
		b.WriteString(name + "=" + module.Quote(v) + " ")
	}
	return b.String(), nil
}

// replaced writes the arguments into the module's source, where their marker stands.
func replaced(src []byte, args string, c *module.Call) []byte {
	internal, _ := c.Payload.Internal.V.(*value.Dict)
	text := func(name string) string { s, _ := value.Text(get(internal, name)); return s }
	var special []string
	if l, ok := get(internal, "_ansible_selinux_special_fs").(*value.List); ok {
		for _, v := range l.V {
			s, _ := value.Text(v)
			special = append(special, s)
		}
	}
	quoted, _ := value.Repr([]byte(args))
	for _, r := range [][2]string{
		{`"<<ANSIBLE_VERSION>>"`, value.StrRepr(text("_ansible_version"))},
		{`"<<INCLUDE_ANSIBLE_MODULE_COMPLEX_ARGS>>"`, quoted},
		{"<<SELINUX_SPECIAL_FILESYSTEMS>>", strings.Join(special, ",")},
		{"<<INCLUDE_ANSIBLE_MODULE_JSON_ARGS>>", args},
		{"syslog.LOG_USER", "syslog." + text("_ansible_syslog_facility")},
	} {
		src = bytes.ReplaceAll(src, []byte(r[0]), []byte(r[1]))
	}
	return src
}

// withInterpreter makes the first line of a script name the interpreter that the user asked for. To one in Python
// Ansible adds its encoding.
func withInterpreter(src []byte, c *module.Call) []byte {
	if len(c.Payload.Interpreter) == 0 {
		return src
	}
	first, rest, _ := bytes.Cut(src, []byte("\n"))
	if c.Interpreter != "" && c.Interpreter != c.Payload.Interpreter[0] {
		first = []byte("#!" + interpreterOf(c))
	}
	lines := [][]byte{first}
	if strings.HasPrefix(filepath.Base(c.Payload.Interpreter[0]), "python") {
		lines = append(lines, []byte("# -*- coding: utf-8 -*-"))
	}
	return bytes.Join(append(lines, rest), []byte("\n"))
}

// onlyFile is the file in a bundle of one.
func onlyFile(bundle []byte) ([]byte, error) {
	z, err := zlib.NewReader(bytes.NewReader(bundle))
	if err != nil {
		return nil, err
	}
	data, err := io.ReadAll(io.LimitReader(z, maxMessage))
	if err != nil {
		return nil, err
	}
	for range 2 { // the path, then the content
		if len(data) < 4 {
			return nil, errors.New("a bundle that is too short")
		}
		n := int(binary.BigEndian.Uint32(data))
		if len(data)-4 < n {
			return nil, errors.New("a bundle that is too short")
		}
		if len(data) == 4+n {
			return data[4:], nil
		}
		data = data[4+n:]
	}
	return nil, errors.New("a bundle of several files")
}
