import { describe, expect, it } from "vitest";
import type { RolloutStep, RolloutWebhook } from "../../../../src/model/rollout.ts";
import type { GateAnswer } from "../../../../src/rollout/release/gates.ts";
import { pause, ReleaseStore, rolloutOf, setWeight, webhook } from "../../../support/releases.ts";

/** Answers each question by the webhook's name, and notes what was asked, and at which weight. */
class Gatekeeper {
  readonly store: ReleaseStore;
  readonly asked: string[] = [];
  readonly #gates = new Map<string, GateAnswer>();
  readonly #answers: (name: string) => GateAnswer;

  constructor(
    webhooks: readonly RolloutWebhook[],
    answers: (name: string) => GateAnswer = () => "passed",
    steps: readonly RolloutStep[] = [setWeight(5), setWeight(20)],
  ) {
    this.store = new ReleaseStore(rolloutOf(steps, { webhooks }));
    this.store.known = { gates: this.#gates };
    this.#answers = answers;
  }

  settle(): string {
    for (let turns = 0; turns < 50; turns++) {
      const [, decision] = this.store.settle();
      if (decision.kind !== "ask") return decision.reason;
      for (const ask of decision.asks) {
        expect(this.#gates.get(ask.key), "asked once").toBeUndefined();
        this.asked.push(`${ask.webhook.name} at ${this.store.canary}`);
        this.#gates.set(ask.key, this.#answers(ask.webhook.name));
      }
    }
    throw new Error("no end of questions");
  }

  /** As who asks does after a while. */
  forgetRefusals(): void {
    for (const [key, answer] of this.#gates) if (answer === "refused") this.#gates.delete(key);
  }
}

const all: readonly RolloutWebhook[] = [
  webhook("post-rollout"),
  webhook("confirm-promotion"),
  webhook("rollout"),
  webhook("confirm-traffic-increase"),
  webhook("pre-rollout"),
  webhook("confirm-rollout"),
  webhook("event"),
];

describe("webhooks", () => {
  it("are asked by their types, in the order of the release", () => {
    const gate = new Gatekeeper(all);
    gate.settle();
    expect(gate.asked).toEqual([
      "confirm-rollout at 0",
      "pre-rollout at 0",
      "confirm-traffic-increase at 0",
      "rollout at 5",
      "confirm-traffic-increase at 5",
      "rollout at 20",
      "confirm-traffic-increase at 20",
      "confirm-promotion at 20",
      "post-rollout at 100",
    ]);
    expect(gate.store.status?.phase).toBe("Healthy");
  });

  it("of one type are asked together", () => {
    const two = [webhook("confirm-rollout", "qa"), webhook("confirm-rollout", "boss")];
    const store = new ReleaseStore(rolloutOf([setWeight(5)], { webhooks: two }));
    const [, decision] = store.settle();
    expect(decision.kind === "ask" ? decision.asks.map((ask) => ask.webhook.name) : []).toEqual([
      "qa",
      "boss",
    ]);
  });

  it("are not asked before a step that takes weight away", () => {
    const steps = [setWeight(50), setWeight(10)];
    const gate = new Gatekeeper([webhook("confirm-traffic-increase")], undefined, steps);
    gate.settle();
    expect(gate.asked).toEqual(["confirm-traffic-increase at 0", "confirm-traffic-increase at 10"]);
  });

  it("confirm the promotion before the step that brings it, and not once more behind it", () => {
    const steps = [setWeight(5), setWeight(100)];
    const gate = new Gatekeeper([webhook("confirm-promotion")], undefined, steps);
    gate.settle();
    expect(gate.asked).toEqual(["confirm-promotion at 5"]);
  });

  it.each(["confirm-rollout", "confirm-traffic-increase", "confirm-promotion"] as const)(
    "of type %s that refuse are waited for, and asked again",
    (type) => {
      let refuses = true;
      const gate = new Gatekeeper([webhook(type)], () => (refuses ? "refused" : "passed"));
      expect(gate.settle()).toContain(`waits for the ${type} webhook ${type} (it has refused`);
      expect(gate.store.status).toMatchObject({ phase: "Progressing", waits: { for: "Gate" } });
      const before = gate.asked.length;
      gate.settle();
      expect(gate.asked).toHaveLength(before);
      refuses = false;
      gate.forgetRefusals();
      gate.settle();
      expect(gate.store.status?.phase).toBe("Healthy");
    },
  );

  it.each(["pre-rollout", "rollout"] as const)("of type %s that refuse abort", (type) => {
    const gate = new Gatekeeper([webhook(type, "smoke")], () => "refused");
    gate.settle();
    expect(gate.store.canary).toBe(0);
    expect(gate.store.status?.aborted).toMatchObject({
      by: "webhook smoke",
      reason: `${type} has refused`,
    });
  });

  it.each(["confirm-rollout", "pre-rollout", "confirm-promotion", "rollout"] as const)(
    "of type %s that do not answer hold",
    (type) => {
      const gate = new Gatekeeper([webhook(type, "gone")], () => "failed");
      expect(gate.settle()).toContain(`the ${type} webhook gone, which fails`);
      expect(gate.store.status).toMatchObject({ aborted: undefined });
      expect(gate.store.status?.waits?.for).toBe("GateFailed");
    },
  );

  it("of type rollback ask for one by agreeing", () => {
    const gate = new Gatekeeper([webhook("rollback")], () => "passed", [setWeight(5), pause()]);
    gate.settle();
    expect(gate.store.status?.aborted).toMatchObject({ reason: "it asks for a rollback" });
  });

  it.each(["refused", "failed", "waiting"] as const)(
    "of type rollback mean nothing when they are %s",
    (answer) => {
      const gate = new Gatekeeper([webhook("rollback")], () => answer);
      gate.settle();
      expect(gate.store.status?.phase).toBe("Healthy");
    },
  );

  it.each(["passed", "refused", "failed"] as const)(
    "of type post-rollout cannot undo a promotion: %s",
    (answer) => {
      const gate = new Gatekeeper([webhook("post-rollout")], () => answer);
      gate.settle();
      expect(gate.store.status?.phase).toBe("Healthy");
      expect(gate.store.canary).toBe(100);
    },
  );

  it("of type post-rollout are asked after a rollback as well, once", () => {
    const gate = new Gatekeeper([webhook("post-rollout")], undefined, [setWeight(5), pause()]);
    gate.settle();
    gate.store.say("abort");
    gate.settle();
    expect(gate.asked).toEqual(["post-rollout at 0"]);
    gate.settle();
    expect(gate.asked).toHaveLength(1);
  });

  it("are asked anew after a retry", () => {
    const steps = [setWeight(5), pause()];
    const gate = new Gatekeeper([webhook("confirm-rollout")], undefined, steps);
    gate.settle();
    gate.store.say("abort");
    gate.store.nowMs += 1;
    gate.store.say("retry");
    gate.settle();
    expect(gate.asked).toEqual(["confirm-rollout at 0", "confirm-rollout at 0"]);
  });

  it("are asked for a promotion in full as well", () => {
    const steps = [setWeight(5), pause(), setWeight(50), pause()];
    const gate = new Gatekeeper(all, undefined, steps);
    gate.settle();
    gate.store.say("promoteFull");
    gate.settle();
    expect(gate.asked.slice(4)).toEqual([
      "confirm-traffic-increase at 5",
      "confirm-promotion at 5",
      "post-rollout at 100",
    ]);
  });
});
