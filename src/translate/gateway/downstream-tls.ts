/**
 * TLS of a listener. Certificates and authorities come over SDS; a listener that lacks what it cannot
 * do without is left out, because Envoy would hold it, and others with it, back for ever.
 * https://www.envoyproxy.io/docs/envoy/latest/api-v3/extensions/transport_sockets/tls/v3/tls.proto
 */
import type { Diagnostic } from "../../lib/diagnostic.ts";
import type { Gateway } from "../../model/gateway.ts";
import type { MessageOf } from "../../proto/messages.ts";
import { anyOf, wrapped } from "../../proto/values.ts";
import type { Reference } from "../../snapshot/resource.ts";
import { typeUrls } from "../../snapshot/type-url.ts";
import { adsSource } from "../ads-source.ts";
import { authorityName, certificateName } from "../names.ts";
import type { TranslatedSecrets } from "./secret.ts";
import type { SocketListener } from "./sockets.ts";

export interface DownstreamTls {
  /** Names of SDS resources that are there; at least one. */
  readonly certificates: readonly string[];
  /** undefined: clients show no certificate. */
  readonly clientCa: string | undefined;
}

export type TlsOfListener =
  | { readonly kind: "none" }
  | { readonly kind: "terminate"; readonly tls: DownstreamTls }
  /** Something is missing without which nothing can be served. */
  | { readonly kind: "unavailable" };

export interface TlsFound {
  readonly tls: TlsOfListener;
  readonly diagnostics: readonly Diagnostic[];
}

export function tlsOf(
  gateway: Gateway,
  { listener, index }: Pick<SocketListener, "listener" | "index">,
  { resources }: TranslatedSecrets,
): TlsFound {
  const { tls, name } = listener;
  if (tls?.mode !== "terminate") return { tls: { kind: "none" }, diagnostics: [] };
  const there = tls.certificates.filter((secret) => resources.has(certificateName(secret)));
  const clientCa = tls.clientCa === undefined ? undefined : authorityName(tls.clientCa);
  const caMissing = clientCa !== undefined && !resources.has(clientCa);
  const unavailable = there.length === 0 || caMissing;
  const fate = unavailable ? `listener ${name} is left out` : "it is left out";
  const say = (field: string, what: string): Diagnostic => ({
    severity: unavailable ? "error" : "warning",
    code: "REFERENCE_MISSING",
    key: gateway.origin,
    revision: 0n,
    path: `listeners[${index}].tls.${field}`,
    message: `${what}: ${fate}`,
  });
  const diagnostics = tls.certificates.flatMap((secret, i) =>
    there.includes(secret)
      ? []
      : [say(`certificateRefs[${i}]`, `no secret ${secret} with a certificate`)],
  );
  if (caMissing) {
    const what = `no secret ${tls.clientCa} with a ca`;
    diagnostics.push(say("frontendValidation.caCertificateRefs[0]", what));
  }
  if (unavailable) return { tls: { kind: "unavailable" }, diagnostics };
  const certificates = there.map(certificateName);
  return { tls: { kind: "terminate", tls: { certificates, clientCa } }, diagnostics };
}

/** `alpn`: protocols offered to clients, the best first. */
export function downstreamTls(
  { certificates, clientCa }: DownstreamTls,
  alpn: readonly string[],
): MessageOf<"envoy.config.core.v3.TransportSocket"> {
  return {
    name: "envoy.transport_sockets.tls",
    typed_config: anyOf("envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext", {
      common_tls_context: {
        tls_certificate_sds_secret_configs: certificates.map(fetched),
        ...(clientCa === undefined
          ? {}
          : { validation_context_sds_secret_config: fetched(clientCa) }),
        ...(alpn.length === 0 ? {} : { alpn_protocols: alpn }),
      },
      ...(clientCa === undefined ? {} : { require_client_certificate: wrapped(true) }),
    }),
  };
}

export const secretsOf = ({ certificates, clientCa }: DownstreamTls): readonly Reference[] =>
  [...certificates, ...(clientCa === undefined ? [] : [clientCa])].map((name) => ({
    typeUrl: typeUrls.secret,
    name,
  }));

const fetched = (name: string) => ({ name, sds_config: adsSource });
