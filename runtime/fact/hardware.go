package fact

import (
	"errors"

	"pbc/ir/value"
)

// hardwareFacts are the facts of the parts; one that cannot be read takes all of them with it.
func hardwareFacts(p *probe) (*value.Dict, error) {
	switch p.kernel().System {
	case "FreeBSD":
		return p.freeBSD()
	case "Darwin":
		return p.darwin()
	}
	var mounts *value.List
	var warnings []string
	var mountErr error
	done := make(chan struct{})
	go func() {
		defer close(done)
		mounts, warnings, mountErr = p.mounts()
	}()
	d, err := p.hardware()
	<-done
	p.job.warnings = append(p.job.warnings, warnings...)
	if err = errors.Join(err, mountErr); err != nil {
		return nil, err
	}
	d.SetStr("mounts", mounts)
	return d, nil
}

// hardware are the facts of all parts but the mounts.
func (p *probe) hardware() (*value.Dict, error) {
	return parts(p.cpu, p.memory, p.dmi, p.sysinfo, p.devices, p.uptime, p.lvm)
}
