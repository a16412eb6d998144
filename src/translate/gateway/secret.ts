/**
 * Secrets as SDS resources: a certificate with its key, and authorities, each under a name of its
 * own. Listeners and clusters name them, so that a new certificate is used without a new listener.
 * https://www.envoyproxy.io/docs/envoy/latest/configuration/security/secret
 */
import { compareText } from "../../lib/compare-text.ts";
import type { SecretName } from "../../model/names.ts";
import type { Secret } from "../../model/secret.ts";
import { encodeAny } from "../../proto/encode.ts";
import type { MessageOf } from "../../proto/messages.ts";
import { makeResource, type Resource } from "../../snapshot/resource.ts";
import { typeUrls } from "../../snapshot/type-url.ts";
import { authorityName, certificateName } from "../names.ts";

export interface TranslatedSecret {
  readonly secret: Secret;
  /** The certificate, the authorities, or both. */
  readonly resources: readonly Resource[];
}

export interface TranslatedSecrets {
  readonly from: ReadonlyMap<SecretName, Secret>;
  readonly byName: ReadonlyMap<SecretName, TranslatedSecret>;
  /** By the name of the resource. */
  readonly resources: ReadonlyMap<string, Resource>;
}

export const noSecrets: TranslatedSecrets = {
  from: new Map(),
  byName: new Map(),
  resources: new Map(),
};

export function translateSecrets(
  from: ReadonlyMap<SecretName, Secret>,
  before: TranslatedSecrets,
): TranslatedSecrets {
  if (from === before.from) return before;
  const byName = new Map<SecretName, TranslatedSecret>();
  for (const [name, secret] of [...from].sort(([a], [b]) => compareText(a, b))) {
    const kept = before.byName.get(name);
    byName.set(name, kept?.secret === secret ? kept : translateSecret(secret));
  }
  const all = [...byName.values()].flatMap(({ resources }) => resources);
  return { from, byName, resources: new Map(all.map((each) => [each.name, each])) };
}

type SecretMessage = MessageOf<"envoy.extensions.transport_sockets.tls.v3.Secret">;
type DataSource = MessageOf<"envoy.config.core.v3.DataSource">;

function translateSecret(secret: Secret): TranslatedSecret {
  const { name, content } = secret;
  const source = (text: string): DataSource =>
    content.kind === "inline" ? { inline_string: text } : { filename: text };
  const watched =
    content.kind === "files" && content.watchedDirectory !== ""
      ? { watched_directory: { path: content.watchedDirectory } }
      : {};
  const resources: Resource[] = [];
  if (content.certificate !== "") {
    const certificate = {
      certificate_chain: source(content.certificate),
      private_key: source(content.privateKey),
      ...watched,
    };
    const message = { name: certificateName(name), tls_certificate: certificate };
    resources.push(secretResource(secret, message));
  }
  if (content.ca !== "") {
    const message = {
      name: authorityName(name),
      validation_context: { trusted_ca: source(content.ca), ...watched },
    };
    resources.push(secretResource(secret, message));
  }
  return { secret, resources };
}

/** Asked for by name, by what a listener or cluster says: nobody gets all there are. */
function secretResource(
  { origin }: Secret,
  message: SecretMessage & { readonly name: string },
): Resource {
  const any = encodeAny("envoy.extensions.transport_sockets.tls.v3.Secret", message);
  return makeResource({
    typeUrl: typeUrls.secret,
    name: message.name,
    any,
    wildcard: false,
    origins: [origin],
  });
}
