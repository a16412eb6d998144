import { describe, expect, it } from "vitest";
import { fixtureNames, readFixture } from "../replay/fixture.ts";
import { Player } from "../replay/player.ts";

/** What real proxies said to a server once, said to the server of today. */

describe("a recorded proxy is served as it was", () => {
  it.each(fixtureNames())("%s", async (name) => {
    const player = new Player(readFixture(name));
    await player.play();
    expect({ problems: player.problems, leftOut: player.leftOut }).toEqual({
      problems: [],
      leftOut: [],
    });
  });

  it("there is a recording of every client and of every way to ask", () => {
    expect(fixtureNames()).toEqual([
      "envoy-alone-delta",
      "envoy-alone-sotw",
      "envoy-delta",
      "envoy-sotw",
      "grpc-go-sotw",
      "grpc-java-sotw",
      "grpc-node-sotw",
      "grpc-python-sotw",
    ]);
  });
});
