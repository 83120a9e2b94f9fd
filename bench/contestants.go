package main

import (
	"embed"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/synthsync/synthsync/shared/autotask/autotasktest"
	"github.com/synthsync/synthsync/shared/synthesize/synthesizetest"
)

// peers are the adapters, and which versions they are made for.
//
//go:embed peers
var peers embed.FS

// The versions that are measured, as peers/package.json and peers/requirements.txt pin them.
const (
	apigrateVersion       = "2.0.1"
	pyAutotaskVersion     = "2.3.0"
	autotaskClientVersion = "0.3.1"
)

// player is one of those who are compared.
type player struct {
	Name string
	How  string // in a few words
	Ours bool
	Walk bool // nobody's client, but what a client has to be better than
}

// everyone is all of them, in the order of the tables.
var everyone = []player{
	{Name: oursName, How: "this program: two walkers, checked counts, repeats", Ours: true},
	{Name: plainName, How: "Go: one request at a time, only the fields needed, nothing checked or repeated", Walk: true},
	{Name: "@apigrate/autotask-restapi", How: "Node: query, one page a call, the next by id"},
	{Name: "py-autotask, query", How: "Python: query, one page a call, the next by id"},
	{Name: "py-autotask, query_all", How: "Python: what it documents for all pages"},
	{Name: "autotask-client, query_all", How: "Python: all pages by its own walk, told that there may be more than 200; it takes no list of fields and keeps every row"},
	{Name: "autotask-client, query", How: "Python: what it documents"},
}

// contestant counts the active items of each company and type, in a process of its own.
type contestant struct {
	player
	args  []string
	read  func(out []byte) (map[string]int64, error)
	wrong error // why it cannot run here
}

const (
	oursName  = "synthsync plan"
	plainName = "plain walk"
)

// rules make a service of each type, so that the plan says how many of each type each company has.
func rules() string {
	var b strings.Builder
	for _, name := range typeNames {
		fmt.Fprintf(&b, "- {service: %s, types: [%s]}\n", name, name)
	}
	return b.String()
}

// built are this program and the plain walk, built into a folder.
func built(root, dir string) ([]contestant, error) {
	for name, source := range map[string]string{"synthsync": "./cmd/synthsync", "plain": "./bench/plain"} {
		//nolint:gosec // the arguments are this program's own
		build := exec.Command("go", "build", "-trimpath", "-ldflags=-s -w", "-o", filepath.Join(dir, name), source)
		build.Dir, build.Env = root, append(os.Environ(), "CGO_ENABLED=0")
		if out, err := build.CombinedOutput(); err != nil {
			return nil, fmt.Errorf("build %s: %w: %s", source, err, out)
		}
	}
	rulesFile := filepath.Join(dir, "rules.yaml")
	if err := os.WriteFile(rulesFile, []byte(rules()), 0o600); err != nil {
		return nil, err
	}
	return []contestant{
		{player: everyone[0], args: []string{filepath.Join(dir, "synthsync"), "plan", "--json", "--services", rulesFile}, read: readPlan},
		{player: everyone[1], args: []string{filepath.Join(dir, "plain")}, read: readCounts},
	}, nil
}

// readCounts reads what the peers print.
func readCounts(out []byte) (map[string]int64, error) {
	var counts map[string]int64
	err := json.Unmarshal(out, &counts)
	return counts, err
}

// readPlan reads what a plan of ours would tell: of an empty ledger, every count above 0.
func readPlan(out []byte) (map[string]int64, error) {
	var plan struct {
		State   string
		Changes []struct {
			AccountID, Service string
			To                 int64
		}
	}
	if err := json.Unmarshal(out, &plan); err != nil {
		return nil, err
	}
	if plan.State != "done" {
		return nil, fmt.Errorf("the plan ended as %s", plan.State)
	}
	counts := map[string]int64{}
	for _, c := range plan.Changes {
		for i, name := range typeNames {
			if name == c.Service {
				counts[c.AccountID+"|"+fmt.Sprint(i+1)] = c.To
			}
		}
	}
	return counts, nil
}

// environment is what all contestants are told.
func environment(at addresses) []string {
	c := autotasktest.DefaultCredentials
	return []string{
		"AUTOTASK_URL=" + at.Autotask, "AUTOTASK_USERNAME=" + c.Username, "AUTOTASK_SECRET=" + c.Secret, "AUTOTASK_INTEGRATION_CODE=" + c.IntegrationCode,
		"SYNTHESIZE_URL=" + at.Synthesize, "SYNTHESIZE_VENDOR_API_KEY=" + synthesizetest.DefaultVendorKey, "SYNTHESIZE_PARTNER_API_KEY=" + synthesizetest.DefaultPartnerKey,
	}
}

// installed are the peers of other languages. One that cannot be installed is told so, and not run.
func installed(python, pythonVersion string) []contestant {
	home, err := peersFolder(pythonVersion)
	if err == nil {
		err = unpack(home)
	}
	node, snake := err, err
	if err == nil {
		node = once(filepath.Join(home, "node_modules"), home, "npm", "ci", "--no-audit", "--no-fund", "--loglevel=error")
		snake = once(filepath.Join(home, "venv"), home, "sh", "-c",
			`"$0" -m venv --without-pip venv && python3 -m pip --python venv/bin/python install --quiet --no-deps -r requirements.txt`, python)
	}
	interpreter := filepath.Join(home, "venv", "bin", "python")
	newer := snake
	if newer == nil {
		if err := exec.Command(interpreter, "-c", "import autotask.client").Run(); err != nil { //nolint:gosec // this program's own
			newer = fmt.Errorf("it needs Python 3.12 or newer, this is %s: name another by -python", pythonVersion)
		}
	}
	peer := func(place int, wrong error, command, script string) contestant {
		return contestant{player: everyone[place], args: []string{command, filepath.Join(home, script)}, read: readCounts, wrong: wrong}
	}
	return []contestant{
		peer(2, node, "node", "apigrate.js"),
		peer(3, snake, interpreter, "py_autotask_walk.py"),
		peer(4, snake, interpreter, "py_autotask_query_all.py"),
		peer(5, newer, interpreter, "autotask_client_query_all.py"),
		peer(6, newer, interpreter, "autotask_client_query.py"),
	}
}
