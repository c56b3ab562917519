package assay.example;

import static org.junit.jupiter.api.Assertions.assertTrue;

import assay.junit.AssayExtension;
import assay.junit.AssayWorld;
import assay.junit.World;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(AssayExtension.class)
class ChatClientTest {
  // BROKEN=1 tests the client that does not try again.
  private final ChatClient client = new ChatClient(System.getenv("BROKEN") == null ? 3 : 1);

  @Test
  @AssayWorld(faults = """
      {"rules": [{"path": "chat", "nth": 1, "error": {"status": 503}}]}""")
  void triesAgainWhenTheProviderIsBusy(World world) throws Exception {
    assertTrue(client.chat(world.baseUrl(), world.key(), "Say pong.").contains("pong"));
    world.waitFor("POST chat 200", 1, Duration.ofSeconds(5));
  }
}
