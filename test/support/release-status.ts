import type { RolloutStatus } from "../../src/model/rollout-status.ts";
import { decodeEntry } from "../../src/store/decode/decode-entry.ts";
import { encodeRolloutStatus } from "../../src/store/decode/status-codec.ts";

/** The value of `status/rollouts/<service>` once `step` of the rollout, as it stands in the store, is written. */
export function statusAt(
  rollout: object,
  step: number,
  more: Partial<RolloutStatus> = {},
): Readonly<Record<string, unknown>> {
  const value = encodeRolloutStatus({
    specHash: specHashOf(rollout),
    phase: "Progressing",
    step,
    stepStartedMs: 1,
    writtenRevision: "1",
    reachedMs: undefined,
    writtenStep: step,
    canaryPercent: 0,
    weights: undefined,
    waits: undefined,
    idleMs: 0,
    held: false,
    promoted: "no",
    aborted: undefined,
    tallies: new Map(),
    message: "it goes on",
    operation: "1",
    ...more,
  });
  return JSON.parse(new TextDecoder().decode(value)) as Readonly<Record<string, unknown>>;
}

function specHashOf(rollout: object): string {
  const value = Buffer.from(JSON.stringify(rollout));
  const { content } = decodeEntry({
    key: "rollouts/web",
    value,
    modRevision: 1n,
    createRevision: 1n,
  });
  if (content?.kind !== "rollout") throw new Error("the rollout is wrong");
  return content.draft.specHash;
}
