package lookup

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"time"

	"pbc/ir/value"
)

func env(_ context.Context, c *Call) ([]value.Value, error) {
	dflt, given := c.Options.GetStr("default")
	if !given {
		dflt = ""
	}
	var r []value.Value
	for _, t := range c.texts() {
		name, _, _ := strings.Cut(strings.TrimSpace(t), " ")
		if v, ok := os.LookupEnv(name); ok {
			r = append(r, v)
			continue
		}
		if _, isUndef := dflt.(*value.Undef); isUndef {
			return nil, (&value.Undef{Name: name, Hint: `The "env" lookup, found an undefined variable: ` + name}).Fail()
		}
		r = append(r, dflt)
	}
	return r, nil
}

// output runs a command in a shell in the playbook's folder and returns what it prints.
func (c *Call) output(ctx context.Context, plugin, command string) ([]byte, error) {
	cmd := exec.CommandContext(ctx, "/bin/sh", "-c", command)
	cmd.Dir = c.Basedir
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return nil, ansibleError("lookup_plugin.%s(%s) returned %d", plugin, command, exit.ExitCode())
	}
	return out, err
}

func pipe(ctx context.Context, c *Call) ([]value.Value, error) {
	var r []value.Value
	for _, t := range c.texts() {
		out, err := c.output(ctx, "pipe", t)
		if err != nil {
			return nil, err
		}
		r = append(r, strings.TrimRight(string(out), " \t\n\r\v\f"))
	}
	return r, nil
}

func lines(ctx context.Context, c *Call) ([]value.Value, error) {
	var r []value.Value
	for _, t := range c.texts() {
		out, err := c.output(ctx, "lines", t)
		if err != nil {
			return nil, err
		}
		r = append(r, splitLines(out)...)
	}
	return r, nil
}

// splitLines is bytes.splitlines: \n, \r and \r\n end a line.
func splitLines(b []byte) []value.Value {
	b = bytes.ReplaceAll(bytes.ReplaceAll(b, []byte("\r\n"), []byte("\n")), []byte("\r"), []byte("\n"))
	var r []value.Value
	for _, l := range strings.SplitAfter(string(b), "\n") {
		if l != "" {
			r = append(r, strings.TrimSuffix(l, "\n"))
		}
	}
	return r
}

const maxBody = 1 << 28

func url(ctx context.Context, c *Call) ([]value.Value, error) {
	var r []value.Value
	for _, t := range c.texts() {
		body, err := c.fetch(ctx, t)
		if err != nil {
			return nil, err
		}
		if c.flag("split_lines", true) {
			r = append(r, splitLines(body)...)
		} else {
			r = append(r, string(body))
		}
	}
	return r, nil
}

func (c *Call) fetch(ctx context.Context, address string) ([]byte, error) {
	for _, k := range c.Options.K {
		if name, _ := value.Text(k); name != "split_lines" && name != "headers" && name != "wantlist" {
			return nil, decline("the option %s of the lookup url", name)
		}
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, lookupError("Failed lookup url for %s : %s", address, err)
	}
	req.Header.Set("User-Agent", "ansible-httpget")
	if h, ok := c.Options.GetStr("headers"); ok {
		if d, ok := h.(*value.Dict); ok {
			for i, k := range d.K {
				name, _ := value.ToStr(k)
				v, _ := value.ToStr(d.V[i])
				req.Header.Set(name, v)
			}
		}
	}
	client := &http.Client{Timeout: 10 * time.Second}
	resp, err := client.Do(req)
	if err != nil {
		return nil, lookupError("Failed lookup url for %s : %s", address, err)
	}
	defer resp.Body.Close()
	if resp.StatusCode >= 400 {
		return nil, lookupError("Received HTTP error for %s : HTTP Error %s", address, resp.Status)
	}
	return io.ReadAll(io.LimitReader(resp.Body, maxBody))
}
