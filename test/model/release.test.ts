import { describe, it } from "vitest";
import { applyCommand } from "../../src/rollout/release/commands.ts";
import { decide } from "../../src/rollout/release/decide.ts";
import { checkRelease } from "./release-property.ts";

/** `MODEL_RUNS=30000 … --testTimeout 500000` makes a soak of it. */
const runs = Number(process.env["MODEL_RUNS"] ?? 200);

describe("a release, whatever happens around it", () => {
  it("does what its plan allows, and nothing else, and comes to its end", () => {
    checkRelease({ decide, applyCommand }, { runs });
  });
});
