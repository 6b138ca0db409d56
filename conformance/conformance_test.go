package conformance

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"sort"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"pbc/conformance/compare"
	"pbc/conformance/oracle"
	"pbc/conformance/scenario"
)

var (
	update = flag.Bool("update", false, "write recordings, and list the scenarios that agree")
	strict = flag.Bool("strict", false, "every disagreement fails, listed as agreeing or not")
	replay = flag.Bool("replay", false, "hold pbc to the recordings even where there is an oracle")
	score  = flag.String("score", "", "write the score per area to this file")
)

// agreedFile names the list of the scenarios that agree in a dialect.
func agreedFile(dialect string) string {
	if dialect == "classic" {
		return "agreed.txt"
	}
	return "agreed." + dialect + ".txt"
}

// TestScenarios runs every scenario with pbc and compares it to the specification. With -run Scenarios/area/name it runs some.
func TestScenarios(t *testing.T) {
	found, err := oracle.FindAnsible(os.Getenv("PBC_ORACLE"))
	suite := newSuite(t, "classic", found, err)
	runAll(t, suite, *score, func(*scenario.Scenario) bool { return true })
}

// TestTagged runs scenarios against the second oracle, of dialect tagged: those of agreed.tagged.txt, and with -strict or
// -update all. In CI, where nothing is cached, the areas of taggedLive ask the oracle and the others its recordings: both
// oracles live for all of them would take longer than one wants to wait.
func TestTagged(t *testing.T) {
	found, err := oracle.FindAnsible(oracle.TaggedPath())
	suite := newSuite(t, "tagged", found, err)
	if suite.Oracle == nil && !suite.Recordings.Kept() {
		t.Fatalf("neither an oracle of dialect tagged nor its recordings: %v", err)
	}
	suite.Areas = taggedLive
	listed := readAgreed(t, agreedFile("tagged"))
	file := ""
	if *score != "" {
		file = *score + ".tagged"
	}
	runAll(t, suite, file, func(s *scenario.Scenario) bool { return *update || *strict || listed[s.Name] })
}

// taggedLive are the areas in which the dialects differ most: expressions, and what reads them.
var taggedLive = map[string]bool{
	"errors": true, "filters": true, "templates": true, "when": true,
}

func runAll(t *testing.T, suite *Suite, score string, wanted func(*scenario.Scenario) bool) {
	all, err := scenario.LoadAll("scenarios")
	if err != nil {
		t.Fatal(err)
	}
	tally := &tally{verdicts: map[string]bool{}, file: agreedFile(suite.Recordings.Dialect), score: score}
	agreed := readAgreed(t, tally.file)
	t.Cleanup(func() { // after the parallel subtests
		tally.finish(t, agreed)
		t.Log("\n" + suite.Costs.Table(40))
	})
	for _, s := range all {
		if s.Dialect != "" && s.Dialect != suite.Recordings.Dialect {
			continue
		}
		if !wanted(s) {
			tally.add(s.Name, false)
			continue
		}
		t.Run(s.Name, func(t *testing.T) {
			t.Parallel()
			runScenario(t, suite, s, tally, agreed[s.Name])
		})
	}
}

func runScenario(t *testing.T, suite *Suite, s *scenario.Scenario, tally *tally, listed bool) {
	if !suite.live(s) && s.Machine != "" {
		t.Logf("not judged: needs the live oracle: %s", s.Machine)
		return
	}
	if suite.Oracle == nil && s.Ansible != "" {
		tally.unjudged.Add(1)
		t.Logf("not judged: pbc needs an installed Ansible: %s", s.Ansible)
		return
	}
	want, err := suite.Expected(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	if suite.live(s) && s.Machine == "" && (*update && suite.Recordings.Dialect == "classic" || !*update && suite.Recorded(listed)) {
		keepRecording(t, suite, s, want)
	}
	report, err := suite.Judge(t.Context(), s, want)
	tally.add(s.Name, err == nil && report.Equal)
	if *update && suite.Recordings.Dialect != "classic" && s.Machine == "" && err == nil && report.Equal {
		keepRecording(t, suite, s, want)
	}
	var text strings.Builder
	if err != nil {
		fmt.Fprintln(&text, err)
	} else if report.Equal {
		return
	} else if err := report.WriteText(&text, "ansible-playbook", "pbc"); err != nil {
		t.Fatal(err)
	}
	if listed && !*update || *strict {
		t.Errorf("%s\n%s", s.Doc, text.String())
		return
	}
	t.Logf("does not agree yet: %s\n%s", s.Doc, text.String())
}

// keepRecording holds the recording against the live oracle. With -update it is written when it differs.
func keepRecording(t *testing.T, suite *Suite, s *scenario.Scenario, live compare.Outcome) {
	recorded, err := suite.Recordings.Load(s)
	var report compare.Report
	if err == nil {
		report, _, err = compareAccepting(s.In(suite.Recordings.Dialect), recorded, live) // what pbc alone does takes nothing away
	}
	switch {
	case err == nil && report.Equal:
	case *update:
		if err := suite.Recordings.Save(s, suite.Oracle.Version, live); err != nil {
			t.Error(err)
		}
	case err != nil:
		t.Errorf("%v; record it with -update", err)
	default:
		var text strings.Builder
		if err := report.WriteText(&text, "the recording", "the live oracle"); err != nil {
			t.Fatal(err)
		}
		t.Error(text.String())
	}
}

// TestRecordings asserts that every scenario has its recording, those that agree in dialect tagged also that of the second oracle, and that no recording is without one.
func TestRecordings(t *testing.T) {
	if *update {
		return // TestScenarios is writing them
	}
	all, err := scenario.LoadAll("scenarios")
	if err != nil {
		t.Fatal(err)
	}
	listed := readAgreed(t, agreedFile("tagged"))
	for dialect, wanted := range map[string]func(*scenario.Scenario) bool{
		"classic": func(s *scenario.Scenario) bool { return s.Dialect != "tagged" },
		"tagged":  func(s *scenario.Scenario) bool { return listed[s.Name] },
	} {
		recordings := oracle.Recordings{Dir: "../testdata/recordings", Dialect: dialect}
		for _, s := range all {
			if s.Machine != "" || !wanted(s) {
				continue
			}
			if _, err := recordings.Load(s); err != nil {
				t.Errorf("dialect %s: %v", dialect, err)
			}
		}
		orphans, err := recordings.Orphans(all)
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range orphans {
			t.Errorf("%s belongs to no scenario", path)
		}
	}
}

// newSuite takes the oracle that was found, or the error of not finding it, and builds pbc. Where there is no oracle, dialect says
// whose recordings are replayed.
func newSuite(t *testing.T, dialect string, found *oracle.Program, err error) *Suite {
	suite := &Suite{
		Normaliser: compare.NewNormaliser(),
		Recordings: oracle.Recordings{Dir: "../testdata/recordings", Dialect: dialect},
	}
	ci := os.Getenv("CI") == "true"
	switch {
	case *replay:
		t.Log("the recordings are replayed")
	case err == nil:
		suite.Oracle = found
		prepare(t, found)
		suite.Recordings.Dialect = found.Dialect()
		t.Logf("oracle: %s, ansible-core %s, dialect %s", found.Path, found.Version, found.Dialect())
		if !suite.Recordings.Kept() {
			t.Logf("no recordings of the dialect %s are kept: the oracle is not held to any", found.Dialect())
		}
	case ci || *update || os.Getenv("PBC_ORACLE") != "":
		t.Fatalf("no oracle: %v", err)
	default:
		fmt.Fprintf(os.Stderr, "CONFORMANCE: NO ansible-playbook OF DIALECT %s HERE (%v): RECORDINGS ARE REPLAYED\n", dialect, err)
	}
	if !ci {
		suite.Cache.Dir = filepath.Join(os.TempDir(), fmt.Sprintf("pbc-conformance-%d", os.Getuid()))
	}
	installed := "none" // also where there is one: what a replay says is the same everywhere
	if suite.Oracle != nil {
		installed = suite.Oracle.Path
	}
	suite.Subject = subject(t)
	suite.Subject.Env = []string{"PBC_DIALECT=" + suite.Recordings.Dialect, "PBC_ANSIBLE=" + installed}
	return suite
}

// prepare makes the oracle's calls cheaper. Recordings are made without, so that what is the same is held to be so in CI, where all of
// them are compared with the live oracle.
func prepare(t *testing.T, program *oracle.Program) {
	if *update {
		return
	}
	stop, err := program.PreparePython()
	if err != nil {
		t.Logf("each call of the oracle starts afresh: %v", err)
		return
	}
	t.Cleanup(stop)
}

// subject gives the pbc under test: PBC_BIN, or ./cmd/pbc as it is built here.
func subject(t *testing.T) *oracle.Program {
	if path := os.Getenv("PBC_BIN"); path != "" {
		return &oracle.Program{Path: path}
	}
	path := filepath.Join(t.TempDir(), "pbc")
	if out, err := exec.Command("go", "build", "-o", path, "../cmd/pbc").CombinedOutput(); err != nil {
		t.Fatalf("go build ./cmd/pbc: %v\n%s", err, out)
	}
	return &oracle.Program{Path: path}
}

// tally collects verdicts from scenarios that run at the same time.
type tally struct {
	mu       sync.Mutex
	verdicts map[string]bool
	score    string       // the file that gets the score, "" for none
	file     string       // the list of those that agree
	unjudged atomic.Int32 // those for which pbc needs an installed Ansible, where there is none
}

func (y *tally) add(name string, agreed bool) {
	y.mu.Lock()
	defer y.mu.Unlock()
	y.verdicts[name] = agreed
}

// finish writes score and list, and complains of listed scenarios that are gone.
func (y *tally) finish(t *testing.T, agreed map[string]bool) {
	table := y.table()
	t.Log("\n" + table)
	if n := y.unjudged.Load(); n > 0 {
		fmt.Fprintf(os.Stderr, "CONFORMANCE: %d SCENARIOS ARE NOT JUDGED: IN THEM PBC RUNS CODE OF AN INSTALLED ANSIBLE (%s)\n", n, y.file)
	}
	if y.score != "" {
		if err := os.WriteFile(y.score, []byte(table), 0o644); err != nil {
			t.Error(err)
		}
	}
	for name, ok := range y.verdicts {
		if ok && !agreed[name] && !*update {
			t.Logf("%s agrees and is not in %s: -update lists it", name, y.file)
		}
	}
	if *update {
		y.write(t, agreed)
		return
	}
	for name := range agreed {
		if _, err := os.Stat(filepath.Join("scenarios", name+".txtar")); err != nil {
			t.Errorf("%s: %s is no scenario", y.file, name)
		}
	}
}

// write brings the list up to date: what ran gets its verdict, what did not run keeps its place.
func (y *tally) write(t *testing.T, agreed map[string]bool) {
	var names []string
	for name, ok := range y.verdicts {
		agreed[name] = ok
	}
	for name, ok := range agreed {
		if ok {
			names = append(names, name+"\n")
		}
	}
	sort.Strings(names)
	if err := os.WriteFile(y.file, []byte(strings.Join(names, "")), 0o644); err != nil {
		t.Error(err)
	}
}

// table is the score: agreed and all scenarios, per area and together.
func (y *tally) table() string {
	type counts struct{ agreed, all int }
	areas := map[string]*counts{"TOTAL": {}}
	for name, ok := range y.verdicts {
		area, _, _ := strings.Cut(name, "/")
		if areas[area] == nil {
			areas[area] = &counts{}
		}
		for _, c := range []*counts{areas[area], areas["TOTAL"]} {
			c.all++
			if ok {
				c.agreed++
			}
		}
	}
	var lines []string
	for area, c := range areas {
		if area != "TOTAL" {
			lines = append(lines, fmt.Sprintf("%-16s %4d / %4d\n", area, c.agreed, c.all))
		}
	}
	sort.Strings(lines)
	total := areas["TOTAL"]
	return strings.Join(lines, "") + fmt.Sprintf("%-16s %4d / %4d\n", "all", total.agreed, total.all)
}

func readAgreed(t *testing.T, file string) map[string]bool {
	data, err := os.ReadFile(file)
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	agreed := map[string]bool{}
	for _, name := range strings.Fields(string(data)) {
		agreed[name] = true
	}
	return agreed
}

func TestMain(m *testing.M) {
	flag.Parse()
	if flag.Lookup("test.parallel").Value.String() == fmt.Sprint(runtime.GOMAXPROCS(0)) {
		flag.Set("test.parallel", "3") // some wait for time to pass; more oracles at once would not be faster, only later
	}
	os.Exit(m.Run())
}
