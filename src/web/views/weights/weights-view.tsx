/** Weights by hand: what is written, sliders over it, the preview, and a write that holds only upon what was read. */
import type { ServiceSummary } from "../../../api/services.ts";
import type { WeightsJson } from "../../../api/weights.ts";
import { useApp, useLive } from "../../app-context.ts";
import { useResource } from "../../live/use-resource.ts";
import { Loaded } from "../../parts/loaded.tsx";
import { inOrderOfVersions } from "../../version-colour.ts";
import { sharesOf } from "./shares.ts";
import { WeightsForm } from "./weights-form.tsx";

export function WeightsView({ summary }: { readonly summary: ServiceSummary }) {
  const { text } = useApp();
  const { changed } = useLive();
  const { service, split } = summary;
  const key = `weights/${service}`;
  const revision = changed?.keys.includes(key) === true ? changed.revision : 0;
  // None are written where no version has one; a write is then of what was not there.
  const isUnwritten = split.every(({ weight }) => weight === null);
  const params = { service };
  const asked = isUnwritten ? undefined : { params };
  const stored = useResource("GET /v1/weights/{service}", asked, revision);
  const found = {
    ...stored,
    ...(isUnwritten && { value: unwritten(service), problem: undefined }),
  };
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
              base={{ shares: sharesOf(weights), revision: isUnwritten ? null : value.revision }}
              onWritten={stored.reload}
            />
          );
        }}
      </Loaded>
    </section>
  );
}

const unwritten = (service: string): WeightsJson => ({ service, weights: null, revision: 0 });
