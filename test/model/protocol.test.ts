import { describe, it } from "vitest";
import { checkProperty } from "./property.ts";
import { protocol } from "./protocol.ts";

/** Raise for a soak: `MODEL_RUNS=100000 npx vitest run --project unit test/model/protocol.test.ts`. */
const runs = Number(process.env["MODEL_RUNS"] ?? 3_000);

describe("a proxy ends with what the view has for it, and nothing is sent without cause", () => {
  it("state of the world", () => checkProperty(protocol, "sotw", { runs }), 600_000);
  it("delta", () => checkProperty(protocol, "delta", { runs }), 600_000);
});
