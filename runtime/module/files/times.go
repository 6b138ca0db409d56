package files

import (
	"math"
	"time"

	"golang.org/x/sys/unix"

	"pbc/ir/value"
	"pbc/runtime/module"
	"pbc/runtime/module/posix"
)

// wish is one time stamp wanted: kept, now, or a moment.
type wish struct {
	keep, now bool
	at        float64
}

// wishes are the modification and access times wanted.
type wishes struct{ mod, access wish }

// times reads the task's time options. Without them touch means now and every other state keep.
func (f *target) times() (wishes, error) {
	var w wishes
	var err error
	if w.mod, err = f.wish("modification_time"); err != nil {
		return w, err
	}
	w.access, err = f.wish("access_time")
	return w, err
}

func (f *target) wish(option string) (wish, error) {
	s := f.t.Str(option)
	if !f.t.Has(option) {
		s = "preserve"
		if f.state == "touch" {
			s = "now"
		}
	}
	switch s {
	case "preserve":
		return wish{keep: true}, nil
	case "now":
		return wish{now: true}, nil
	}
	format := f.t.Str(option + "_format")
	at, err := posix.Strptime(s, format)
	if err != nil {
		return wish{}, module.Fail("Error while obtaining timestamp for time %s using format %s: %s", s, format, err)
	}
	return wish{at: float64(at.Unix())}, nil
}

func (w wish) or(now, before float64) float64 {
	switch {
	case w.keep:
		return before
	case w.now:
		return now
	}
	return w.at
}

// Seconds is a time as Python's float st_mtime.
func Seconds(ts unix.Timespec) float64 {
	s, ns := ts.Unix()
	return float64(s) + 1e-9*float64(ns)
}

func timespec(f float64) unix.Timespec {
	s := math.Floor(f)
	return unix.NsecToTimespec(int64(s)*1e9 + int64(math.Floor((f-s)*1e9)))
}

// set gives the file at path the times, notes the change in diff unless that is nil, and says whether
// there was one.
func (w wishes) set(t *module.Task, path string, diff *value.Dict) (bool, error) {
	if w.mod.keep && w.access.keep {
		return false, nil
	}
	var st unix.Stat_t
	if err := unix.Stat(path, &st); err != nil {
		return false, timeFailure(err, path, []byte(path))
	}
	now := float64(time.Now().UnixMicro()) / 1e6
	wasMod, wasAccess := Seconds(st.Mtim), Seconds(st.Atim)
	mod, access := w.mod.or(now, wasMod), w.access.or(now, wasAccess)
	bothNow := w.mod.now && w.access.now
	if !bothNow && mod == wasMod && access == wasAccess {
		return false, nil
	}
	if !t.Check {
		var ts []unix.Timespec
		if !bothNow {
			ts = []unix.Timespec{timespec(access), timespec(mod)}
		}
		if err := unix.UtimesNanoAt(unix.AT_FDCWD, path, ts, 0); err != nil { // Python does not name the file here
			return false, timeFailure(err, path)
		}
	}
	if diff != nil {
		noteTime(diff, "mtime", wasMod, mod)
		noteTime(diff, "atime", wasAccess, access)
	}
	return true, nil
}

func timeFailure(err error, path string, named ...value.Value) error {
	return module.FailWith("Error while updating modification or access time: "+posix.PyError(err, named...), "path", path)
}

func noteTime(diff *value.Dict, key string, before, after float64) {
	if before == after {
		return
	}
	for side, v := range map[string]float64{"before": before, "after": after} {
		d, _ := diff.GetStr(side)
		if sub, ok := d.(*value.Dict); ok {
			sub.SetStr(key, v)
		}
	}
}
