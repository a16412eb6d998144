/** The one property of both variants, over random runs; a failure tells the run and fast-check's seed. */
import fc from "fast-check";
import type { Variant } from "../../src/xds/stream-state.ts";
import type { Protocol } from "./protocol.ts";
import { World } from "./world.ts";

/** Plays one run. `setup` chooses the proxy's habits and the log's length, `moves` all the rest. */
export function play(
  protocol: Protocol,
  variant: Variant,
  setup: number,
  moves: readonly number[],
): void {
  const options = {
    variant,
    envoy: setup % 2 === 0,
    semantic: (setup >> 1) % 2 === 0,
    tellsRejected: setup % 2 === 1 && (setup >> 10) % 2 === 1,
    believed: false,
    slow: (setup >> 9) % 4 === 0,
    secrets: setup % 2 === 1 && (setup >> 11) % 2 === 1,
    logLimit: (setup >> 2) % 4 === 0 ? 4 : 1_000,
  };
  const world = new World(protocol, options);
  try {
    for (const code of moves) world.move(code);
    world.drain();
    world.checkRest();
    world.mend(setup >> 4);
    world.drain();
    world.checkRest();
    world.checkReplica();
  } catch (error) {
    const why = error instanceof Error ? (error.stack ?? error.message) : String(error);
    const run = [JSON.stringify(options), ...world.trace].join("\n  ");
    throw new Error(`${why}\n  ${run}`);
  }
}

export interface Runs {
  readonly runs: number;
  readonly seed?: number;
  /** Look for the smallest failing run; on unless it is turned off. */
  readonly shrink?: boolean;
}

export function checkProperty(protocol: Protocol, variant: Variant, of: Runs): void {
  const move = fc.nat({ max: 20 * 8 * 4 * 4 * 8 * 16 - 1 });
  const property = fc.property(
    fc.nat({ max: 4_095 }),
    fc.array(move, { minLength: 5, maxLength: 50, size: "max" }),
    (setup, moves) => play(protocol, variant, setup, moves),
  );
  fc.assert(property, {
    numRuns: of.runs,
    endOnFailure: of.shrink === false,
    ...(of.seed === undefined ? {} : { seed: of.seed }),
  });
}
