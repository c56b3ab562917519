import {withWorld} from "assay-llm";
import {expect, test} from "vitest";
import {ask, patient} from "./chat_client.js";

const chat = process.env.BROKEN ? ask : patient; // BROKEN=1 tests the client that does not try again

test("tries again when the provider is busy", withWorld(
  {rules: [{path: "chat", nth: 1, error: {status: 503}}]},
  async (world) => {
    expect(await chat(world.baseURL, world.key, "Say pong.")).toBe("pong");
    expect(await world.waitFor("POST chat 200")).toHaveLength(1);
  }));
