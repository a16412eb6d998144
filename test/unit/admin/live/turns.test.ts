import { expect, it } from "vitest";
import { Turns } from "../../../../src/admin/live/turns.ts";
import { limits } from "../../../../src/config/limits.ts";
import { FakeClock } from "../../../support/fake-clock.ts";

const { planWaits, planWaitsPerToken } = limits.live;

const taken = (turns: Turns, token: string | undefined, count: number) =>
  Array.from({ length: count }, () => turns.take(token)).filter((leave) => leave !== undefined);

it("have no more places for one token than leave some for others", () => {
  const turns = new Turns(new FakeClock());
  const [leave] = taken(turns, "grafana", planWaits);
  expect(taken(turns, "grafana", 1)).toHaveLength(0);
  expect(taken(turns, "ann", planWaits)).toHaveLength(planWaits - planWaitsPerToken);
  expect(taken(turns, "ben", 1)).toHaveLength(0);
  leave?.();
  expect(taken(turns, "ben", 2)).toHaveLength(1);
});

it("are for whoever comes where no tokens are needed", () => {
  expect(taken(new Turns(new FakeClock()), undefined, planWaits + 1)).toHaveLength(planWaits);
});
