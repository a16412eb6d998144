import { describe, it } from "vitest";
import { checkProperty } from "./property.ts";
import { protocol } from "./protocol.ts";

/**
 * The same runs each time; other ones, and more, are played with
 * `MODEL_RUNS=100000 npx vitest run --project unit test/model/protocol.test.ts`.
 */
const soakRuns = process.env["MODEL_RUNS"];
const of = soakRuns === undefined ? { runs: 3_000, seed: 20_261_124 } : { runs: Number(soakRuns) };

describe("a proxy ends with what the view has for it, and nothing is sent without cause", () => {
  it("state of the world", () => checkProperty(protocol, "sotw", of), 600_000);
  it("delta", () => checkProperty(protocol, "delta", of), 600_000);
});
