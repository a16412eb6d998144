/** A release as it goes: its steps, what it waits for, and what one can do. */
import type { ReleaseJson } from "../../../api/rollouts.ts";
import type { ServiceSummary } from "../../../api/services.ts";
import { useApp } from "../../app-context.ts";
import { Badge } from "../../parts/badge.tsx";
import { serviceHref } from "../../router.ts";
import { Commands } from "./commands-bar.tsx";
import { StepList } from "./step-list.tsx";
import type { Tone } from "./verdict.ts";
import { needsPerson } from "./verdict.ts";

export function ReleaseCard({ summary }: { readonly summary: ServiceSummary }) {
  const { text } = useApp();
  const { service, release } = summary;
  return (
    <section class="card release-card" aria-labelledby="release-title">
      <header class="card-head">
        <h2 id="release-title">
          {text.release.title}
          {release !== null && (
            <span class="from-to"> {text.release.from(release.stable, release.canary)}</span>
          )}
        </h2>
        {release !== null && (
          <Badge tone={phaseTone(release)}>{text.release.phases[release.phase]}</Badge>
        )}
      </header>
      {release === null ? <p class="quiet">{text.release.none}</p> : <Standing release={release} />}
      <Commands summary={summary} />
      {release !== null && <StepList service={service} release={release} />}
      {(release === null || release.phase === "Healthy") && (
        <p>
          <a class="button" href={serviceHref(service, "release")} data-control="start-release">
            {release === null ? text.release.start : text.release.next}
          </a>
        </p>
      )}
    </section>
  );
}

function Standing({ release }: { readonly release: ReleaseJson }) {
  const { text, formats } = useApp();
  const { aborted, message, detail, step, steps, phase } = release;
  return (
    <div class="standing" role="status">
      {phase !== "Healthy" && (
        <p class="step-of">
          {text.release.stepOf(formats.count(Math.min(step, steps)), formats.count(steps))}
        </p>
      )}
      <p class="message" lang="en">
        {message}
      </p>
      {detail !== null && (
        <p class="quiet" lang="en">
          {detail}
        </p>
      )}
      {aborted !== null && (
        <p>
          <b>{text.release.abortedBy(aborted.by, formats.moment(aborted.at))}</b>
        </p>
      )}
    </div>
  );
}

function phaseTone(release: ReleaseJson): Tone {
  if (release.phase === "Degraded") return "bad";
  if (release.phase === "Healthy") return "good";
  return needsPerson(release) ? "warn" : "busy";
}
