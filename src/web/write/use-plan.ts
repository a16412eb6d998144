/** What serin would make of objects that are not written yet: asked when the hand rests for a moment. */
import { useEffect, useState } from "preact/hooks";
import type { PlanJson } from "../../api/plan.ts";
import type { Problem } from "../api/problem.ts";
import { useApp } from "../app-context.ts";

export interface PlannedObject {
  readonly key: string;
  readonly value: unknown;
}

export type Planned =
  | { readonly kind: "nothing" }
  | { readonly kind: "working" }
  | { readonly kind: "planned"; readonly plan: PlanJson }
  | { readonly kind: "failed"; readonly problem: Problem };

const restMs = 250;

/** `object` undefined: there is nothing to plan. `again`: ask once more when it is another value. */
export function usePlan(object: PlannedObject | undefined, again: unknown): Planned {
  const { api } = useApp();
  const [planned, setPlanned] = useState<Planned>({ kind: "nothing" });
  const text = object === undefined ? undefined : JSON.stringify(object);
  // `again` is among what it depends on so that it runs once more.
  useEffect(() => {
    if (text === undefined) {
      setPlanned({ kind: "nothing" });
      return undefined;
    }
    setPlanned({ kind: "working" });
    const going = new AbortController();
    const ask = async (): Promise<void> => {
      const body = { objects: [JSON.parse(text)] };
      const answer = await api.call("PUT /v1/plan", { body }, { signal: going.signal });
      if (going.signal.aborted) return;
      if (answer.ok) setPlanned({ kind: "planned", plan: answer.value });
      else setPlanned({ kind: "failed", problem: answer.problem });
    };
    const timer = setTimeout(() => void ask(), restMs);
    return () => {
      clearTimeout(timer);
      going.abort();
    };
  }, [api, text, again]);
  return planned;
}
