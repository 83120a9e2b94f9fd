// Package e2e holds the test of the whole: the real template, built and deployed by the user's own tools onto an emulator
// of AWS, between a local Autotask and a local Synthesize. It is left out of `go test ./...`; `.ci/run` runs it:
//
//	go test -tags e2e ./e2e
//
// with AWS_ENDPOINT_URL (the emulator, on this machine), E2E_SAM (the sam command), E2E_TEMPLATE (template.yaml as
// `sam build` wrote it) and E2E_ARCHITECTURE (that it was built for: this machine's, since the emulator starts the
// executables as they are) in the environment.
//
// docs/checks.md lists what an emulator cannot prove.
package e2e
