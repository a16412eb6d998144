/** The steps of a release, one row each: a share, and what comes after it. */
import { useApp } from "../../app-context.ts";
import { Button } from "../../parts/button.tsx";
import { type DraftStep, type Preset, presetSteps, presets } from "./draft.ts";
import type { FieldsProps } from "./fields.ts";
import { StepRow } from "./step-row.tsx";

export function StepFields({ draft, faults, onChange }: FieldsProps) {
  const { text } = useApp();
  const { steps } = draft;
  const nextId = Math.max(0, ...steps.map(({ id }) => id)) + 1;
  const replace = (changed: DraftStep): void =>
    onChange({ steps: steps.map((step) => (step.id === changed.id ? changed : step)) });
  const add = (): void =>
    onChange({ steps: [...steps, { id: nextId, weight: "50", pause: "promote", duration: "5m" }] });
  return (
    <fieldset>
      <legend>{text.draft.steps}</legend>
      {/* biome-ignore lint/a11y/useSemanticElements: buttons, not fields */}
      <div class="actions start" role="group" aria-label={text.draft.preset}>
        {(Object.keys(presets) as readonly Preset[]).map((preset) => (
          <Button
            key={preset}
            kind="quiet"
            name={`preset-${preset}`}
            onPress={() => onChange({ steps: presetSteps(preset, nextId) })}
          >
            {text.draft.presets[preset]}
          </Button>
        ))}
      </div>
      <ol class="step-rows">
        {steps.map((step, index) => (
          <li key={step.id}>
            <StepRow
              step={step}
              number={index + 1}
              faults={faults}
              onChange={replace}
              onRemove={() => onChange({ steps: steps.filter(({ id }) => id !== step.id) })}
            />
          </li>
        ))}
      </ol>
      {faults.includes("steps") && <p class="fault">{text.draft.faults.steps}</p>}
      <div class="actions start">
        <Button name="add-step" onPress={add}>
          {text.draft.add}
        </Button>
      </div>
      <p class="quiet">{text.draft.last}</p>
    </fieldset>
  );
}
