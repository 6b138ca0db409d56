package controller

import (
	"pbc/ir/event"
	"pbc/runtime/callback"
)

// live tells what a host does now, where somebody looks.
func (c *Controller) live(d callback.Doing) {
	if c.opt.Live {
		c.emit(d)
	}
}

// follow tells of an event what it means for what the host does.
func (r *playRun) follow(h *hostRun, e *event.Event) {
	if !r.c.opt.Live {
		return
	}
	switch e.Kind {
	case event.Started:
		r.c.live(callback.Doing{Host: h.name, Task: r.newTask(e).Name, At: e.Addr})
	case event.Finished:
		r.c.live(callback.Doing{Host: h.name, At: e.Addr, Done: true})
	case event.Done:
		r.c.live(callback.Doing{Host: h.name, Gone: true})
	}
}
