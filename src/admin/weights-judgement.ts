/**
 * What serin makes of the weights of one service, from the keys of that service alone: the same
 * decode and translate as for proxies, so that a mistyped subset is told to the one who typed it.
 */
import type { Diagnostic } from "../lib/diagnostic.ts";
import type { ServiceName } from "../model/names.ts";
import { createDecoder } from "../store/decode/decoder.ts";
import { guardStatusKey } from "../store/status-keys.ts";
import type { Entry } from "../store/store.ts";
import { createTranslator } from "../translate/translate.ts";

/** `entries` may hold other keys; what is said is of `weights/<service>` only. */
export function judgeWeights(service: string, entries: Iterable<Entry>): readonly Diagnostic[] {
  const key = `weights/${service}`;
  const own = new Map<string, Entry>();
  for (const entry of entries) {
    const isOfService =
      entry.key === key ||
      entry.key === `services/${service}` ||
      entry.key === guardStatusKey(service) ||
      entry.key.startsWith(`endpoints/${service}/`);
    if (isOfService) own.set(entry.key, entry);
  }
  const revision = own.get(key)?.modRevision ?? 0n;
  const { state, diagnostics } = createDecoder().start({ revision, entries: own });
  const decoded = diagnostics.filter((each) => each.key === key);
  if (state.services.get(service as ServiceName)?.instances.length === 0) {
    return [...decoded, noInstance(service, key, revision)];
  }
  const translation = createTranslator({ defaultGateway: undefined })(state);
  const translated = translation.diagnostics.filter((each) => each.key === key);
  return [...decoded, ...translated.map((each) => ({ ...each, revision }))];
}

const noInstance = (service: string, key: string, revision: bigint): Diagnostic => ({
  severity: "warning",
  code: "SPLIT_NO_ENDPOINTS",
  key,
  revision,
  path: "",
  message: `service ${service} has no instance: requests for it get 503, whatever its weights`,
});
