import { describe, it } from "vitest";
import { checkFleet, fleetServer } from "./fleet-property.ts";

/** The same runs each time; other ones, and more, with `MODEL_RUNS=20000`. */
const soakRuns = process.env["MODEL_RUNS"];
const of = soakRuns === undefined ? { runs: 600, seed: 20_261_124 } : { runs: Number(soakRuns) };

describe("proxies that share a server", () => {
  it(
    "get what their view has for them, under nonces of their own",
    () => checkFleet(fleetServer, of),
    600_000,
  );
});
