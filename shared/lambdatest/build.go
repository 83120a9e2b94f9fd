package lambdatest

import (
	"hash/fnv"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// builds remembers what this test process has built, by package.
var builds sync.Map

type build struct {
	once sync.Once
	path string
	err  error
	log  []byte
}

// Build compiles the main package as it is shipped, but for the machine that runs the test, and returns the path of
// the executable. A package is built once in a test process, however many tests ask. A relative package such as "." is
// relative to the folder of the test.
func Build(t testing.TB, pkg string) string {
	t.Helper()
	v, _ := builds.LoadOrStore(pkg, &build{})
	b := v.(*build)
	b.once.Do(func() { b.path, b.log, b.err = goBuild(pkg) })
	if b.err != nil {
		t.Fatalf("build %s: %v\n%s", pkg, b.err, b.log)
	}
	return b.path
}

func goBuild(pkg string) (path string, log []byte, err error) {
	dir, err := buildDir()
	if err != nil {
		return "", nil, err
	}
	h := fnv.New32a()
	h.Write([]byte(pkg))
	path = filepath.Join(dir, "bootstrap-"+strconv.FormatUint(uint64(h.Sum32()), 16))
	if runtime.GOOS == "windows" {
		path += ".exe"
	}
	cmd := exec.Command("go", append(append([]string{"build"}, flags()...), "-o", path, pkg)...)
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS="+runtime.GOOS, "GOARCH="+runtime.GOARCH)
	log, err = cmd.CombinedOutput()
	return path, log, err
}

// inlined are the packages in which code is compiled inline, as build/bootstrap.mk says.
var inlined = []string{
	"runtime/...", "internal/runtime/...", "internal/bytealg", "internal/abi", "sync/...", "slices", "bytes", "bufio", "strings", "unicode/...",
	"compress/...", "hash/...", "crypto/cipher", "crypto/subtle",
	"crypto/internal/fips140/aes/...", "crypto/internal/fips140/sha256", "crypto/internal/fips140/sha512", "crypto/internal/fips140/hmac",
	"crypto/internal/fips140/subtle", "crypto/internal/fips140/alias", "crypto/internal/fips140/bigmod", "crypto/internal/fips140deps/...",
	"github.com/go-json-experiment/...", "github.com/synthsync/synthsync/shared/autotask",
}

// flags are those of build/bootstrap.mk.
func flags() []string {
	align := "16"
	if runtime.GOARCH == "amd64" {
		align = "8"
	}
	out := []string{"-trimpath", "-tags", "lambda.norpc", "-ldflags", "-s -w -funcalign=" + align, "-gcflags=all=-l"}
	for _, pattern := range inlined {
		out = append(out, "-gcflags="+pattern+"=")
	}
	return out
}

// buildDir is the folder that go test made for this test process, since go test removes it in the end, whichever test
// is the last one. A test binary that was built by go test -c gets a temporary folder.
func buildDir() (string, error) {
	exe, err := os.Executable()
	if err == nil && strings.Contains(filepath.ToSlash(exe), "/go-build") {
		return filepath.Dir(exe), nil
	}
	return os.MkdirTemp("", "lambdatest-")
}
