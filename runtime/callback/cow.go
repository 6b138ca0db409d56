package callback

import (
	"math/rand/v2"
	"os"
	"os/exec"
	"slices"
	"strings"
)

// cowPaths is where Ansible looks for cowsay.
var cowPaths = []string{"/usr/bin/cowsay", "/usr/games/cowsay", "/usr/local/bin/cowsay", "/opt/local/bin/cowsay"}

// stencils are the cows that Ansible takes to be fit for work.
var stencils = strings.Fields(`bud-frogs bunny cheese daemon default dragon elephant-in-snake elephant eyes hellokitty kitty
	luke-koala meow milk moofasa moose ren sheep small stegosaurus stimpy supermilker three-eyes turkey turtle tux udder
	vader-koala vader www`)

// findCow returns what draws banners where cowsay is installed, nil where it is not or is not wanted.
func findCow(o Options) func(string) (string, error) {
	path := o.CowPath
	for _, p := range cowPaths {
		if _, err := os.Stat(p); err == nil && path == "" {
			path = p
		}
	}
	if o.NoCows || path == "" {
		return nil
	}
	known, err := exec.Command(path, "-l").Output()
	if err != nil {
		return nil
	}
	cows := strings.Fields(string(known))
	if len(o.Cows) > 0 {
		cows = slices.DeleteFunc(cows, func(c string) bool { return !slices.Contains(o.Cows, c) })
	}
	return func(text string) (string, error) { return drawCow(path, o.CowSelection, cows, text) }
}

func drawCow(path, cow string, cows []string, text string) (string, error) {
	if strings.Contains(text, ": [") {
		text = strings.TrimSuffix(strings.ReplaceAll(text, "[", ""), "]")
	}
	args := []string{"-W", "60"}
	if cow == "random" && len(cows) > 0 {
		cow = cows[rand.IntN(len(cows))]
	}
	if cow != "" {
		args = append(args, "-f", cow)
	}
	out, err := exec.Command(path, append(args, text)...).Output()
	if _, failed := err.(*exec.ExitError); failed { // Ansible shows what there is
		err = nil
	}
	return string(out), err
}
