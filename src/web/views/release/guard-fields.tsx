/** Whether a guard takes the canary out, and from what on. */
import { useApp } from "../../app-context.ts";
import { Field } from "../../parts/field.tsx";
import type { FieldsProps } from "./fields.ts";

export function GuardFields({ draft, faults, onChange }: FieldsProps) {
  const { text } = useApp();
  const { draft: words } = text;
  const faultOf = (field: "threshold" | "lookback" | "webhook"): string | undefined =>
    faults.includes(field) ? words.faults[field] : undefined;
  return (
    <fieldset>
      <legend>{words.guard}</legend>
      <label class="check">
        <input
          type="checkbox"
          data-control="guarded"
          checked={draft.guarded}
          onChange={(event) => onChange({ guarded: event.currentTarget.checked })}
        />
        {words.guarded}
      </label>
      {draft.guarded && (
        <div class="fields">
          <Field label={words.threshold} fault={faultOf("threshold")}>
            {(tied) => (
              <input
                {...tied}
                data-control="threshold"
                inputMode="decimal"
                value={draft.threshold}
                onInput={(event) => onChange({ threshold: event.currentTarget.value })}
              />
            )}
          </Field>
          <Field label={words.lookback} fault={faultOf("lookback")}>
            {(tied) => (
              <input
                {...tied}
                data-control="lookback"
                inputMode="numeric"
                value={draft.lookback}
                onInput={(event) => onChange({ lookback: event.currentTarget.value })}
              />
            )}
          </Field>
          <Field label={words.webhook} fault={faultOf("webhook")}>
            {(tied) => (
              <input
                {...tied}
                data-control="webhook"
                inputMode="url"
                value={draft.webhook}
                onInput={(event) => onChange({ webhook: event.currentTarget.value })}
              />
            )}
          </Field>
        </div>
      )}
    </fieldset>
  );
}
