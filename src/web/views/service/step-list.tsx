/** The steps of a release in their order, each with a mark and a word for where the release is. */
import type { ReleaseJson } from "../../../api/rollouts.ts";
import { useApp, useLive } from "../../app-context.ts";
import { editionOf } from "../../live/state.ts";
import { useResource } from "../../live/use-resource.ts";
import { type ShownStep, shownSteps } from "./plan-steps.ts";

export interface StepListProps {
  readonly service: string;
  readonly release: ReleaseJson;
}

export function StepList({ service, release }: StepListProps) {
  const { text } = useApp();
  const live = useLive();
  const key = `rollouts/${service}`;
  const edition = editionOf(live, key);
  const object = useResource("GET /v1/objects/{key}", { params: { key } }, edition);
  const steps = shownSteps(release, object.value);
  return (
    <ol class="steps" aria-label={text.release.steps}>
      {steps.map((step) => (
        <li
          key={step.number}
          class={step.state}
          aria-current={step.state === "now" ? "step" : undefined}
        >
          <StepWords step={step} />
        </li>
      ))}
    </ol>
  );
}

function StepWords({ step: { what, state } }: { readonly step: ShownStep }) {
  const { text, formats } = useApp();
  const { step, states } = text.release;
  const words = (): string => {
    switch (what.kind) {
      case "weight":
        return step.weight(formats.percent(what.percent));
      case "pause":
        return what.duration === null ? step.pauseUntil : step.pauseFor(what.duration);
      case "header":
      case "mirror":
        return step[what.kind](what.name);
      case "analysis":
      case "promotion":
        return step[what.kind];
    }
  };
  return (
    <>
      <span class="step-what">{words()}</span> <span class="step-state">{states[state]}</span>
    </>
  );
}
