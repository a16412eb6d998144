/** Services whose TLS needs a secret that is not there: Envoy cannot connect to their instances. */
import type { Diagnostic } from "../../lib/diagnostic.ts";
import type { ServiceName } from "../../model/names.ts";
import { secretsOf } from "../cluster/upstream-tls.ts";
import type { IndexedMap } from "../layered-map.ts";
import { authorityName } from "../names.ts";
import type { TranslatedService } from "../service.ts";
import type { TranslatedSecrets } from "./secret.ts";

export function lackedSecrets(
  services: IndexedMap<ServiceName, TranslatedService>,
  { resources }: TranslatedSecrets,
): readonly Diagnostic[] {
  const diagnostics: Diagnostic[] = [];
  // Among 10,000 services few have TLS, and this looks at all of them every time.
  for (const { service } of services.indexed.values) {
    const { tls } = service.settings;
    if (tls === undefined) continue;
    for (const { name } of secretsOf(tls)) {
      if (resources.has(name)) continue;
      const isCa = tls.ca !== undefined && name === authorityName(tls.ca);
      diagnostics.push({
        severity: "warning",
        code: "REFERENCE_MISSING",
        key: `services/${service.name}`,
        revision: 0n,
        path: isCa ? "tls.ca" : "tls.certificate",
        message: isCa
          ? `no secret ${tls.ca} with a ca: connections to the instances fail`
          : `no secret ${tls.certificate} with a certificate: connections to the instances fail`,
      });
    }
  }
  return diagnostics;
}
