package fact

import "pbc/ir/value"

// sshKeyFacts gives the host's public keys, from the first folder that has any.
func sshKeyFacts(p *probe) (*value.Dict, error) {
	d := value.NewDict()
	for _, dir := range []string{"/etc/ssh", "/etc/openssh", "/etc"} {
		for _, algo := range []string{"dsa", "rsa", "ecdsa", "ed25519"} {
			name := "ssh_host_key_" + algo + "_public"
			if _, had := d.GetStr(name); had {
				return d, nil
			}
			path := dir + "/ssh_host_" + algo + "_key.pub"
			text, ok := p.sys.text(path)
			if !ok {
				continue
			}
			w := words(text)
			if len(w) < 2 {
				return nil, errMalformed(path, text)
			}
			d.SetStr(name, w[1])
			d.SetStr(name+"_keytype", w[0])
		}
	}
	return d, nil
}
