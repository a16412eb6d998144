/** From which version to which. */
import { useApp } from "../../app-context.ts";
import { Field } from "../../parts/field.tsx";
import type { FieldsProps } from "./fields.ts";

export interface VersionFieldsProps extends FieldsProps {
  readonly versions: readonly string[];
}

export function VersionFields({ draft, faults, versions, onChange }: VersionFieldsProps) {
  const { text } = useApp();
  const { faults: said } = text.draft;
  const canaryFault = faults.includes("same")
    ? said.same
    : faults.includes("canary")
      ? said.canary
      : undefined;
  const options = (
    <>
      <option value="">{text.draft.choose}</option>
      {versions.map((version) => (
        <option key={version} value={version}>
          {version}
        </option>
      ))}
    </>
  );
  return (
    <div class="fields">
      <Field label={text.draft.stable} fault={faults.includes("stable") ? said.stable : undefined}>
        {(tied) => (
          <select
            {...tied}
            data-control="stable"
            value={draft.stable}
            onChange={(event) => onChange({ stable: event.currentTarget.value })}
          >
            {options}
          </select>
        )}
      </Field>
      <Field label={text.draft.canary} fault={canaryFault}>
        {(tied) => (
          <select
            {...tied}
            data-control="canary"
            value={draft.canary}
            onChange={(event) => onChange({ canary: event.currentTarget.value })}
          >
            {options}
          </select>
        )}
      </Field>
    </div>
  );
}
