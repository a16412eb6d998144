/** Weights by hand: what is written, sliders over it, the preview, and a write that holds only upon what was read. */
import { useRef } from "preact/hooks";
import type { ServiceSummary } from "../../../api/services.ts";
import type { WeightsJson } from "../../../api/weights.ts";
import { useApp, useLive } from "../../app-context.ts";
import { editionOf } from "../../live/state.ts";
import { useResource } from "../../live/use-resource.ts";
import { Loaded } from "../../parts/loaded.tsx";
import { inOrderOfVersions } from "../../version-colour.ts";
import { sharesOf } from "./shares.ts";
import { WeightsForm } from "./weights-form.tsx";

export function WeightsView({ summary }: { readonly summary: ServiceSummary }) {
  const { text } = useApp();
  const live = useLive();
  const { service, split } = summary;
  const key = `weights/${service}`;
  const edition = editionOf(live, key);
  // None are written where no version has one; a write is then of what was not there. They may be of others alone.
  const isDecided = summary.decidedBy === "weights" || summary.decidedBy === "release";
  const isUnwritten = !isDecided && split.every(({ weight }) => weight === null);
  const params = { service };
  const asked = isUnwritten ? undefined : { params };
  const stored = useResource("GET /v1/weights/{service}", asked, edition);
  // The first write makes it something to read: until it is read, the form and its dialog stay as they were.
  const last = useRef<WeightsJson>(undefined);
  last.current = isUnwritten ? unwritten(service) : (stored.value ?? last.current);
  const found = { ...stored, value: last.current };
  return (
    <section class="card" aria-labelledby="weights-title">
      <h2 id="weights-title">{text.weights.title}</h2>
      <Loaded resource={found}>
        {(value) => {
          const served = Object.fromEntries(
            split.map(({ version, percent }) => [version, percent]),
          );
          const written = value.weights ?? served;
          // A version that has instances and no weight has none of the traffic, and can be given some.
          const all = [...new Set([...Object.keys(written), ...Object.keys(served)])];
          const weights = Object.fromEntries(
            all.sort(inOrderOfVersions).map((version) => [version, written[version] ?? 0]),
          );
          return (
            <WeightsForm
              summary={summary}
              base={{
                shares: sharesOf(weights),
                revision: value.revision === 0 ? null : value.revision,
              }}
              onWritten={stored.reload}
            />
          );
        }}
      </Loaded>
    </section>
  );
}

/** No write has the revision 0. */
const unwritten = (service: string): WeightsJson => ({ service, weights: null, revision: 0 });
