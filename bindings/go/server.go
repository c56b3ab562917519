package assay

import (
	"bufio"
	"bytes"
	"errors"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// server is the URL of the admin API: of ASSAY_ADMIN_URL, else of an `assay serve` that ends with the test.
func server(t testing.TB) string {
	t.Helper()
	if url := os.Getenv("ASSAY_ADMIN_URL"); url != "" {
		return url
	}
	program := os.Getenv("ASSAY_PROGRAM")
	if program == "" {
		program = "assay"
	}
	url, stop, err := start(program)
	if err != nil {
		t.Fatalf("assay: cannot start %s: %v; install assay, or set ASSAY_PROGRAM or ASSAY_ADMIN_URL", program, err)
	}
	t.Cleanup(stop)
	return url
}

func start(program string) (string, func(), error) {
	command := exec.Command(program, "serve", "--quiet", "--end-with-stdin")
	var said bytes.Buffer
	command.Stderr = &said
	out, err := command.StdoutPipe()
	if err != nil {
		return "", nil, err
	}
	// It ends with this process, however that ends.
	if _, err := command.StdinPipe(); err != nil {
		return "", nil, err
	}
	if err := command.Start(); err != nil {
		return "", nil, err
	}
	stop := func() {
		_ = command.Process.Kill()
		_ = command.Wait()
	}
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if url, found := strings.CutPrefix(lines.Text(), "export ASSAY_ADMIN_URL="); found {
			return url, stop, nil
		}
	}
	stop()
	return "", nil, errors.New(strings.TrimSpace(said.String()))
}
