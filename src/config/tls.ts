/**
 * The certificates of a port, from files. They are read again while the server runs, since
 * certificates are replaced long before a process is; a pair that does not fit changes nothing.
 */
import { X509Certificate } from "node:crypto";
import { readFile } from "node:fs/promises";
import { createSecureContext, type SecureContextOptions } from "node:tls";
import type { Clock } from "../lib/clock.ts";
import { reread } from "../lib/reread.ts";
import { err, ok, type Result } from "../lib/result.ts";
import type { XdsTlsFiles } from "./config.ts";

export interface TlsContext {
  readonly options: SecureContextOptions;
  /** End of the certificate's time, as OpenSSL writes it. */
  readonly notAfter: string;
  /** Texts of the files, to see whether they have changed. */
  readonly content: string;
}

/** An error names the file, and nothing of what is in it. */
export async function readTls(files: XdsTlsFiles): Promise<Result<TlsContext, string>> {
  const certificate = await read(files.certFile);
  if (!certificate.ok) return certificate;
  const privateKey = await read(files.keyFile);
  if (!privateKey.ok) return privateKey;
  const { clientCaFile } = files;
  const authorities = clientCaFile === undefined ? undefined : await read(clientCaFile);
  if (authorities?.ok === false) return authorities;
  return context(files, certificate.value, privateKey.value, authorities?.value);
}

/** What is wrong with the files, in one sentence that names one of them; undefined: nothing. */
export async function tlsProblem(files: XdsTlsFiles): Promise<string | undefined> {
  const tls = await readTls(files);
  return tls.ok ? undefined : `TLS for xDS: ${tls.error}`;
}

async function read(file: string): Promise<Result<string, string>> {
  try {
    return ok(await readFile(file, "utf8"));
  } catch (error) {
    return err(`${file} cannot be read: ${reason(error)}`);
  }
}

function context(
  files: XdsTlsFiles,
  cert: string,
  key: string,
  ca: string | undefined,
): Result<TlsContext, string> {
  const options = { cert, key, ...(ca !== undefined && { ca }), minVersion: "TLSv1.2" } as const;
  let notAfter: string;
  try {
    notAfter = new X509Certificate(cert).validTo;
  } catch {
    return err(`${files.certFile} has no certificate in PEM`);
  }
  try {
    if (ca !== undefined) new X509Certificate(ca);
  } catch {
    return err(`${files.clientCaFile} has no certificate in PEM`);
  }
  try {
    createSecureContext(options);
  } catch (error) {
    return err(`${files.certFile} and ${files.keyFile} do not fit together: ${reason(error)}`);
  }
  return ok({ options, notAfter, content: JSON.stringify([cert, key, ca]) });
}

const reason = (error: unknown): string => (error instanceof Error ? error.message : String(error));

export interface TlsWatch {
  readonly files: XdsTlsFiles;
  readonly clock: Clock;
  /** Milliseconds between two looks. */
  readonly everyMs: number;
  /** Other content than before, or a failure other than the last one. */
  onChange(read: Result<TlsContext, string>): void;
}

/** Looks at the files until the returned function is called. */
export const watchTls = ({ files, ...watch }: TlsWatch, first: TlsContext): (() => void) =>
  reread({ ...watch, read: () => readTls(files) }, first.content);
