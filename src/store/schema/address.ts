/**
 * Addresses of instances and listeners. EDS carries IP addresses only: Envoy rejects a load
 * assignment with a hostname unless a resolver is named, so a hostname is refused here.
 */
import { z } from "zod";
import { ipSpelling } from "../../lib/ip-spelling.ts";
import { err, ok, type Result } from "../../lib/result.ts";
import type { Address } from "../../model/instance.ts";

const ipv4 = z.ipv4();
const ipv6 = z.ipv6();

/** The address in its one spelling; the error is a full reason. */
export function parseIp(text: string): Result<string, string> {
  const host = ipSpelling(text);
  if (host === undefined) return err("expected an IP address");
  if (mapped.test(host)) return err("expected an IPv4 address in its own form, not in IPv6's");
  if (linkLocal.test(host)) return err("expected an address that is not of one link (fe80::/10)");
  return ok(host);
}

/** A second way to write an IPv4 address. */
const mapped = /^::ffff:[0-9a-f]{1,4}:[0-9a-f]{1,4}$/;

/** Without the interface, which EDS and LDS cannot carry, no socket takes it. */
const linkLocal = /^fe[89ab][0-9a-f]:/;

const bracketed = /^\[([^[\]]*)\]:([^:]*)$/;
const plain = /^([^:]*):([^:]*)$/;

const form = 'expected "IP:port" such as 127.0.0.1:8081, or "[IPv6]:port"';

/** Reads `10.0.0.1:8081` or `[2001:db8::1]:8081`; the error is a full reason. */
export function parseAddress(text: string): Result<Address, string> {
  const inBrackets = bracketed.exec(text);
  const parts = inBrackets ?? plain.exec(text);
  if (parts === null) {
    return err(
      ipv6.safeParse(text).success ? "expected a port: write an IPv6 address as [ip]:port" : form,
    );
  }
  const [, host = "", portText = ""] = parts;
  const isIp = (inBrackets === null ? ipv4 : ipv6).safeParse(host).success;
  if (!isIp) return err(notAnIp(host, inBrackets !== null));
  const port = /^[0-9]{1,5}$/.test(portText) ? Number(portText) : 0;
  if (port < 1 || port > 65_535) return err("expected a port from 1 to 65535 after the last colon");
  const ip = parseIp(host);
  return ip.ok ? ok({ host: ip.value, port }) : ip;
}

function notAnIp(host: string, inBrackets: boolean): string {
  if (inBrackets) return "expected an IPv6 address inside the brackets";
  return /[A-Za-z]/.test(host)
    ? `${form}; host names are not resolved`
    : 'expected an IPv4 address before ":port"';
}
