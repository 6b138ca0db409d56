package fact

import "pbc/ir/value"

// hardwareFacts are the facts of the parts: one that cannot be read takes all of them with it, except
// mounts, of which each fails by itself.
func hardwareFacts(p *probe) (*value.Dict, error) {
	mounts := make(chan *value.List, 1)
	var notes []string
	go func() {
		defer close(mounts)
		l, w := p.mounts()
		notes = w
		mounts <- l
	}()
	d := value.NewDict()
	var failed error
	for _, part := range []func() (*value.Dict, error){p.cpu, p.memory, p.dmi, p.devices, p.uptime, p.lvm} {
		f, err := part()
		if err != nil {
			failed = err
			break
		}
		d.Update(f)
	}
	list := <-mounts
	p.job.warnings = append(p.job.warnings, notes...)
	if failed != nil {
		return nil, failed
	}
	d.SetStr("mounts", list)
	return d, nil
}
