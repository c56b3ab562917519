package example

import (
	"os"
	"testing"
	"time"

	assay "github.com/your/assay/bindings/go"
)

func tries() int {
	if os.Getenv("BROKEN") != "" {
		return 1 // the client that does not try again
	}
	return 3
}

func TestItTriesAgainWhenTheProviderIsBusy(t *testing.T) {
	world := assay.NewWorld(t, assay.Options{Faults: assay.Faults{
		Rules: []map[string]any{{"path": "chat", "nth": 1, "error": map[string]any{"status": 503}}}}})
	answer, err := Patient(world.BaseURL(), world.Key, "Say pong.", tries())
	if err != nil || answer != "pong" {
		t.Fatalf("expected pong, found %q (%v)", answer, err)
	}
	world.WaitFor("POST chat 200", 1, 5*time.Second)
}
