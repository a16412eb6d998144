/** What `listen` is called with, checked: a wrong one would listen somewhere else, or everywhere. */
import type { HostPort } from "../config/config.ts";
import { badArgument, checkOptions, checkText, isObject } from "../lib/bad-argument.ts";
import { boundRanges } from "./server/bounds.ts";
import type { ListenOptions } from "./server/listen.ts";

/** Throws a TypeError that says what is wrong. */
export function checkListen(listen: HostPort, options: ListenOptions): void {
  if (!isObject(listen)) throw badArgument("listen", "{ host, port }", listen);
  const { host, port } = listen;
  checkText("listen: host", host);
  if (!Number.isInteger(port) || port < 0 || port > 65_535) {
    throw badArgument("listen: port", "a whole number from 0 to 65535", port);
  }
  checkOptions("listen", options, ["tls", "bounds", "observer", "clientStatus"]);
  const { tls, bounds = {} } = options;
  checkStatus(options);
  checkOptions("listen: bounds", bounds, Object.keys(boundRanges));
  for (const [name, { least, most, whole }] of Object.entries(boundRanges)) {
    const value: number | undefined = bounds[name as keyof typeof boundRanges];
    if (value === undefined || isWithin(value, least, most, whole)) continue;
    const number = whole ? "a whole number" : "a number";
    throw badArgument(`listen: bounds: ${name}`, `${number} from ${least} to ${most}`, value);
  }
  if (tls === undefined) return;
  checkOptions("listen: tls", tls, ["certFile", "keyFile", "clientCaFile"]);
  checkText("listen: tls: certFile", tls.certFile);
  checkText("listen: tls: keyFile", tls.keyFile);
  if (tls.clientCaFile !== undefined) checkText("listen: tls: clientCaFile", tls.clientCaFile);
}

function checkStatus({ clientStatus, tls }: ListenOptions): void {
  if (clientStatus === undefined) return;
  const where = "listen: clientStatus";
  checkOptions(where, clientStatus, ["readers", "show"]);
  const { readers } = clientStatus;
  if (readers === "loopback") return;
  checkOptions(`${where}: readers`, readers, ["certificates"]);
  const { certificates } = readers;
  if (!Array.isArray(certificates)) {
    throw badArgument(`${where}: readers: certificates`, "a list of names", certificates);
  }
  for (const name of certificates) checkText(`${where}: readers: certificates`, name);
  if (tls?.clientCaFile !== undefined) return;
  throw new TypeError(`${where}: certificates are shown where tls has a clientCaFile`);
}

const isWithin = (value: unknown, least: number, most: number, whole: boolean): boolean =>
  typeof value === "number" &&
  value >= least &&
  value <= most &&
  (!whole || Number.isInteger(value));
