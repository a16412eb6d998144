/** What a tool that asks for client status (CSDS) may see of a resource: all but keys and passwords. */
import { withoutSecrets } from "../admin/redact.ts";
import { isRaw, resourceBody } from "../admin/resource-body.ts";
import { decodeAny } from "../proto/decode.ts";
import { encodeRawAny } from "../proto/encode.ts";
import { fromJson } from "../proto/json.ts";
import { officialRoot } from "../proto/official.ts";
import type { Resource } from "../snapshot/resource.ts";

/** Of raw resources; undefined: nothing of it is shown. */
const shown = new WeakMap<Resource, Uint8Array | undefined>();

/** Encoded google.protobuf.Any. What serin makes itself has its keys in Secrets alone. */
export function shownResource(resource: Resource): Uint8Array | undefined {
  if (!isRaw(resource)) return resource.any;
  if (!shown.has(resource)) shown.set(resource, withoutSecretsOf(resource));
  return shown.get(resource);
}

/** What cannot be looked into is not shown. */
function withoutSecretsOf(resource: Resource): Uint8Array | undefined {
  const { typeUrl } = decodeAny(resource.any);
  const body = withoutSecrets(resourceBody(resource));
  if (body === undefined) return undefined;
  const encoded = fromJson(officialRoot(), typeUrl, body);
  return encoded.ok ? encodeRawAny(typeUrl, encoded.value) : undefined;
}
