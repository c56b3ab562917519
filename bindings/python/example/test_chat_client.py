import os

import chat_client
import pytest

# BROKEN=1 tests the client that does not try again.
chat = chat_client.ask if os.environ.get("BROKEN") else chat_client.patient


@pytest.mark.assay_rule(path="chat", nth=1, error={"status": 503})
def test_it_tries_again_when_the_provider_is_busy(assay_world):
    assert chat(assay_world.base_url, assay_world.key, "Say pong.") == "pong"
    assert len(assay_world.wait_for("POST chat 200")) == 1
