package main

import "pbc/ir"

// restarts says whether a program may restart a host it runs on: then it must not run there.
func restarts(p *ir.Program) bool {
	for _, play := range p.Plays {
		for _, t := range play.Tasks {
			if t.Module == "ansible.builtin.reboot" {
				return true
			}
		}
	}
	return false
}
