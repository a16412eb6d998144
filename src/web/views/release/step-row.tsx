/** One step: how much the canary gets, and what the release does then. */
import { useApp } from "../../app-context.ts";
import { Button } from "../../parts/button.tsx";
import { Field } from "../../parts/field.tsx";
import type { DraftStep, Fault } from "./draft.ts";

export interface StepRowProps {
  readonly step: DraftStep;
  readonly number: number;
  readonly faults: readonly Fault[];
  readonly onChange: (step: DraftStep) => void;
  readonly onRemove: () => void;
}

const pauses = ["none", "time", "promote"] as const;

export function StepRow({ step, number, faults, onChange, onRemove }: StepRowProps) {
  const { text, formats } = useApp();
  const { draft } = text;
  const faultOf = (field: "weight" | "duration"): string | undefined => {
    const isWrong = faults.some(
      (fault) => typeof fault === "object" && fault.step === step.id && fault.field === field,
    );
    return isWrong ? draft.faults[field] : undefined;
  };
  return (
    <fieldset class="step-row">
      <legend>{draft.stepLegend(formats.count(number))}</legend>
      <Field label={draft.weight} fault={faultOf("weight")}>
        {(tied) => (
          <input
            {...tied}
            data-control="step-weight"
            inputMode="decimal"
            value={step.weight}
            onInput={(event) => onChange({ ...step, weight: event.currentTarget.value })}
          />
        )}
      </Field>
      <Field label={draft.pause}>
        {(tied) => (
          <select
            {...tied}
            data-control="step-pause"
            value={step.pause}
            onChange={(event) => {
              const pause = pauses.find((each) => each === event.currentTarget.value);
              if (pause !== undefined) onChange({ ...step, pause });
            }}
          >
            {pauses.map((pause) => (
              <option key={pause} value={pause}>
                {draft.pauses[pause]}
              </option>
            ))}
          </select>
        )}
      </Field>
      {step.pause === "time" && (
        <Field label={draft.duration} fault={faultOf("duration")}>
          {(tied) => (
            <input
              {...tied}
              data-control="step-duration"
              value={step.duration}
              onInput={(event) => onChange({ ...step, duration: event.currentTarget.value })}
            />
          )}
        </Field>
      )}
      <Button
        kind="quiet"
        name="remove-step"
        label={draft.removeStep(formats.count(number))}
        onPress={onRemove}
      >
        {draft.remove}
      </Button>
    </fieldset>
  );
}
