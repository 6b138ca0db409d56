package fact

import "pbc/ir/value"

// This file has the facts of other tools, where they are installed: Puppet's facter and Chef's ohai.

func facterFacts(p *probe) (*value.Dict, error) {
	const puppet = "/opt/puppetlabs/bin"
	tool := p.sys.look("cfacter", puppet)
	if tool == "" {
		tool = p.sys.look("facter", puppet)
	}
	if tool == "" {
		return value.NewDict(), nil
	}
	out := p.sys.run(p.ctx, []string{tool, "--puppet", "--json"})
	if out.Code != 0 {
		out = p.sys.run(p.ctx, []string{tool, "--json"})
	}
	return p.jsonFacts(out, "Failed to parse facter facts"), nil
}

func ohaiFacts(p *probe) (*value.Dict, error) {
	tool := p.sys.look("ohai")
	if tool == "" {
		return value.NewDict(), nil
	}
	return p.jsonFacts(p.sys.run(p.ctx, []string{tool}), "Failed to gather ohai facts"), nil
}

// jsonFacts reads what a tool printed; nothing when it failed. What cannot be read is warned of in
// dialect tagged.
func (p *probe) jsonFacts(out output, warning string) *value.Dict {
	if out.Code != 0 {
		return value.NewDict()
	}
	v, err := value.ParseJSON([]byte(out.Stdout))
	if d, ok := v.(*value.Dict); ok && err == nil {
		return d
	}
	if err != nil && p.tagged() {
		p.warn(warning)
	}
	return value.NewDict()
}
