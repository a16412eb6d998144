/** The one property of a fleet over random runs; a failure tells the run and fast-check's seed. */
import fc from "fast-check";
import { ResourceTable } from "../../src/snapshot/resource-table.ts";
import { Hub } from "../../src/xds/hub.ts";
import { Fleet, type FleetServer, type MemberOptions } from "./fleet.ts";
import type { Runs } from "./property.ts";

export const fleetServer: FleetServer = { Hub, ResourceTable };

/** Eight bits make a proxy; most are of the first view, so that there is something to share. */
function memberOf(bits: number): MemberOptions {
  const has = (bit: number): boolean => ((bits >> bit) & 1) === 1;
  return {
    variant: has(0) ? "delta" : "sotw",
    envoy: has(1) && has(2),
    semantic: has(3),
    tellsRejected: has(4) && !has(1),
    believed: has(1) || !has(4),
    slow: false,
    reversed: has(5),
    slowReader: has(6),
    view: has(7) && has(3) ? 1 : 0,
  };
}

export async function playFleet(
  server: FleetServer,
  setup: readonly number[],
  moves: readonly number[],
): Promise<void> {
  const members = setup.map(memberOf);
  const fleet = new Fleet(server, members);
  try {
    for (const code of moves) await fleet.move(code);
    await fleet.drain();
    fleet.checkRest();
    fleet.mend();
    await fleet.drain();
    fleet.checkRest();
  } catch (error) {
    const why = error instanceof Error ? (error.stack ?? error.message) : String(error);
    const run = [...members.map((member) => JSON.stringify(member)), ...fleet.trace].join("\n  ");
    throw new Error(`${why}\n  ${run}`);
  } finally {
    fleet.close();
  }
}

export function checkFleet(server: FleetServer, of: Runs): Promise<void> {
  const property = fc.asyncProperty(
    fc.array(fc.nat({ max: 255 }), { minLength: 2, maxLength: 5, size: "max" }),
    fc.array(fc.nat({ max: 2 ** 24 }), { minLength: 10, maxLength: 60, size: "max" }),
    (setup, moves) => playFleet(server, setup, moves),
  );
  return fc.assert(property, {
    numRuns: of.runs,
    endOnFailure: of.shrink === false,
    ...(of.seed === undefined ? {} : { seed: of.seed }),
  });
}
