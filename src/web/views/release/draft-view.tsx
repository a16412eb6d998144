/** A form that starts a release: it writes `rollouts/<service>`, with a preview before. */
import { useState } from "preact/hooks";
import type { ServiceSummary } from "../../../api/services.ts";
import { useApp, useLive, useRoleReason } from "../../app-context.ts";
import { editionOf } from "../../live/state.ts";
import { useResource } from "../../live/use-resource.ts";
import { Button } from "../../parts/button.tsx";
import { inOrderOfVersions } from "../../version-colour.ts";
import { authorQuery } from "../../write/author.ts";
import { PlanPreview } from "../../write/plan-preview.tsx";
import { usePlan } from "../../write/use-plan.ts";
import { WriteDialog, type WriteEnd } from "../../write/write-dialog.tsx";
import { planReason } from "../weights/weights-form.tsx";
import { type Draft, draftFor, faultsOf, rolloutOf } from "./draft.ts";
import { GuardFields } from "./guard-fields.tsx";
import { StepFields } from "./step-fields.tsx";
import { VersionFields } from "./version-fields.tsx";

export function DraftView({ summary }: { readonly summary: ServiceSummary }) {
  const { text } = useApp();
  const live = useLive();
  const role = useRoleReason("operator");
  const { service, split } = summary;
  const key = `rollouts/${service}`;
  const edition = editionOf(live, key);
  // Where there is no release there is no object, and nothing is asked for.
  const params = { key };
  const asked = summary.release === null ? undefined : { params };
  const there = useResource("GET /v1/objects/{key}", asked, edition);
  const versions = split.map(({ version }) => version).sort(inOrderOfVersions);
  const [draft, setDraft] = useState<Draft>(() => draftFor(versions, leading(summary)));
  const [asking, setAsking] = useState<Asking>();
  const faults = faultsOf(draft);
  const isWhole = faults.length === 0;
  const value = rolloutOf(draft);
  const planned = usePlan(isWhole ? { key, value } : undefined, edition);
  const change = (some: Partial<Draft>): void => setDraft({ ...draft, ...some });
  const isUnread = asked !== undefined && there.loading;
  const missing = isUnread ? text.reasons.planning : planReason(planned, text);
  const reason = role ?? (isWhole ? missing : text.reasons.faults);
  return (
    <section class="card" aria-labelledby="draft-title">
      <h2 id="draft-title">{text.draft.title}</h2>
      <div class="two-columns">
        <div class="form">
          <p>{text.draft.lead}</p>
          <VersionFields {...{ draft, faults, versions }} onChange={change} />
          <StepFields {...{ draft, faults }} onChange={change} />
          <GuardFields {...{ draft, faults }} onChange={change} />
          <div class="actions start">
            <Button
              kind="first"
              name="review-release"
              reason={reason}
              onPress={() => setAsking({ draft, etag: there.etag })}
            >
              {text.draft.review}
            </Button>
          </div>
        </div>
        <PlanPreview planned={planned} service={service} />
      </div>
      {asking !== undefined && (
        <DraftDialog
          asking={asking}
          service={service}
          onClose={(end) => {
            setAsking(undefined);
            if (end === "written") location.hash = `#/services/${encodeURIComponent(service)}`;
            if (end === "lookAgain") there.reload();
          }}
        />
      )}
    </section>
  );
}

/** What is confirmed: as it was when the dialog opened, whatever is read behind it. */
interface Asking {
  readonly draft: Draft;
  /** Of the release object that it replaces; null: there was none. */
  readonly etag: string | null;
}

interface DraftDialogProps {
  readonly asking: Asking;
  readonly service: string;
  readonly onClose: (end: WriteEnd) => void;
}

function DraftDialog({ asking: { draft, etag }, service, onClose }: DraftDialogProps) {
  const { api, text, me } = useApp();
  const write = (why: string) => {
    const params = { key: `rollouts/${service}` };
    const query = authorQuery(me, why);
    const headers = etag === null ? { "if-none-match": "*" as const } : { "if-match": etag };
    const body = rolloutOf(draft);
    return api.call("PUT /v1/objects/{key}", { params, query, headers, body });
  };
  return (
    <WriteDialog
      title={text.draft.ask(draft.stable, draft.canary)}
      confirm={text.write.confirm}
      write={write}
      onClose={onClose}
    >
      <p>{text.draft.lead}</p>
      {etag !== null && <p class="note warn">{text.draft.replaces}</p>}
    </WriteDialog>
  );
}

/** The version that has most of the traffic is the stable one, most likely. */
const leading = ({ split }: ServiceSummary): string | undefined =>
  [...split].sort((a, b) => b.percent - a.percent)[0]?.version;
