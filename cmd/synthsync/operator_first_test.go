package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// commandsOf are the commands of a page's code blocks, in their order.
func commandsOf(t *testing.T, path string) []string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	code := false
	for line := range strings.Lines(string(text)) {
		switch line = strings.TrimSpace(line); {
		case strings.HasPrefix(line, "```"):
			code = !code
		case code && strings.HasPrefix(strings.TrimPrefix(line, "./"), "synthsync "):
			lines = append(lines, strings.TrimPrefix(line, "./"))
		}
	}
	if len(lines) < 3 {
		t.Fatalf("%s has %d commands", path, len(lines))
	}
	return lines
}

// Whoever comes new types what the page says, where there is no ledger yet.
func TestFirstCommands_AsThePageHasThem_WorkWithoutALedger(t *testing.T) {
	for _, page := range []string{"README.md", "docs/from-powershell.md"} {
		t.Run(page, func(t *testing.T) {
			o := newOperator(t)
			dir := filepath.Dir(o.ledger)
			var env strings.Builder
			for name, value := range o.env {
				fmt.Fprintf(&env, "%s=%s\n", name, value)
			}
			for name, text := range map[string]string{".env": env.String(), "services.yaml": newRules} {
				if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			for _, line := range commandsOf(t, filepath.Join("..", "..", page)) {
				o.types(line, "", "")
			}
		})
	}
}
