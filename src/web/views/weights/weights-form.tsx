/** The sliders, the preview beside them, and the way to the confirmation. */
import { useState } from "preact/hooks";
import type { ServiceSummary } from "../../../api/services.ts";
import { useApp, useRoleReason } from "../../app-context.ts";
import { Button } from "../../parts/button.tsx";
import { authorQuery } from "../../write/author.ts";
import { PlanPreview, ShareChange } from "../../write/plan-preview.tsx";
import { type Planned, usePlan } from "../../write/use-plan.ts";
import { WriteDialog } from "../../write/write-dialog.tsx";
import { ShareSliders } from "./share-sliders.tsx";
import { isSameSplit, moveShare, type Shares, weightsOf } from "./shares.ts";

/** What was read: the sliders start there, and the write holds only if it is still so. */
export interface Base {
  readonly shares: Shares;
  /** null: nothing was written. */
  readonly revision: number | null;
}

export interface WeightsFormProps {
  readonly summary: ServiceSummary;
  readonly base: Base;
  readonly onWritten: () => void;
}

export function WeightsForm({ summary, base: newest, onWritten }: WeightsFormProps) {
  const { api, text, formats, me } = useApp();
  const role = useRoleReason("operator");
  const [base, setBase] = useState(newest);
  const [shares, setShares] = useState(newest.shares);
  const [isAsking, setAsking] = useState(false);
  const { service, release } = summary;
  const start = (from: Base): void => {
    setBase(from);
    setShares(from.shares);
  };
  const isUnchanged = isSameSplit(shares, base.shares);
  // Nobody has touched the sliders: they follow what is written.
  if (base.revision !== newest.revision && isUnchanged && !isAsking) start(newest);
  const key = `weights/${service}`;
  const value = weightsOf(shares);
  const planned = usePlan(isUnchanged ? undefined : { key, value }, newest.revision);
  const write = (why: string) => {
    const query = authorQuery(me, why);
    const headers =
      base.revision === null
        ? { "if-none-match": "*" as const }
        : { "if-match": `"${base.revision}"` };
    return api.call("PUT /v1/objects/{key}", { params: { key }, query, headers, body: value });
  };
  const reason = role ?? (isUnchanged ? text.reasons.unchanged : planReason(planned, text));
  return (
    <div class="two-columns">
      <div>
        <p>{text.weights.lead}</p>
        {release !== null && release.phase !== "Healthy" && release.aborted === null && (
          <p class="note warn">{text.weights.inRelease}</p>
        )}
        <ShareSliders
          shares={shares}
          onMove={(version, to) => setShares(moveShare(shares, version, to))}
        />
        <p class="quiet">
          {base.revision === null
            ? text.weights.unwritten
            : text.weights.basedOn(formats.count(base.revision))}
        </p>
        {base.revision !== newest.revision && !isAsking && (
          <div class="note warn" role="status">
            {text.weights.changedBelow}{" "}
            <Button name="take-newest" onPress={() => start(newest)}>
              {text.weights.take}
            </Button>
          </div>
        )}
        <div class="actions start">
          <Button
            kind="first"
            name="review-weights"
            reason={reason}
            onPress={() => setAsking(true)}
          >
            {text.weights.review}
          </Button>
          <Button
            name="reset-weights"
            reason={isUnchanged ? text.reasons.unchanged : null}
            onPress={() => start(newest)}
          >
            {text.weights.reset}
          </Button>
        </div>
      </div>
      <PlanPreview planned={planned} service={service} />
      {isAsking && (
        <WriteDialog
          title={text.weights.ask(service)}
          confirm={text.write.confirm}
          write={write}
          onClose={(end) => {
            setAsking(false);
            if (end !== "cancelled") onWritten();
            // What was just written is what the sliders show, so they may follow again.
            if (end === "written") setBase({ ...base, shares });
          }}
        >
          {planned.kind === "planned" && <ShareChange plan={planned.plan} service={service} />}
          {planned.kind === "planned" && (
            <p>{text.plan.proxies(formats.count(planned.plan.proxies.affected))}</p>
          )}
        </WriteDialog>
      )}
    </div>
  );
}

/** Of a value that serin would not take. */
const refusedStatus = 422;

/** Why what is planned cannot be written; null: it can. */
export function planReason(
  planned: Planned,
  text: { readonly reasons: { readonly planning: string; readonly refused: string } },
): string | null {
  if (planned.kind === "working" || planned.kind === "nothing") return text.reasons.planning;
  // Where the preview itself cannot be had, nobody is kept from writing: serin judges the write all the same.
  if (planned.kind === "failed") {
    return planned.problem.status === refusedStatus ? text.reasons.refused : null;
  }
  return planned.plan.diagnostics.some(({ severity }) => severity === "error")
    ? text.reasons.refused
    : null;
}
