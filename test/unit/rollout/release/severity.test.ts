import { expect, it } from "vitest";
import { severityOf } from "../../../../src/rollout/release/decision.ts";

it("an abort is an error, what waits for a person or is late a warning, the rest is for the record", () => {
  expect(severityOf("Aborted")).toBe("error");
  expect(severityOf("Paused")).toBe("warn");
  expect(severityOf("Overdue")).toBe("warn");
  expect(severityOf("StepReached")).toBe("info");
  expect(severityOf("Completed")).toBe("info");
});
