/** Instances of a service, from lists of servers. */
import { parseAddress } from "../store/schema/address.ts";
import type { ImportedObject, JsonFields } from "./report.ts";
import { present } from "./report.ts";

export interface Server {
  readonly address: string;
  readonly weight: number | undefined;
}

/** `undefined` in place of an address that no instance of serin's can have. */
export function endpointObjects(
  service: string,
  servers: readonly Server[],
): readonly ImportedObject[] {
  return servers.map(({ address, weight }) => {
    const value: JsonFields = present({ address, weight });
    return { key: `endpoints/${service}/${idOf(address)}`, value };
  });
}

/** Why it is none, as a sentence; undefined: it is one. */
export function addressProblem(address: string): string | undefined {
  const parsed = parseAddress(address);
  return parsed.ok ? undefined : parsed.error;
}

/** `10.0.0.1-8080`. */
const idOf = (address: string): string =>
  address.replaceAll(/[^A-Za-z0-9.]+/g, "-").replace(/^-/, "v6-");
