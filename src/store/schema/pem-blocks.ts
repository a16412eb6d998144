/**
 * The blocks of a PEM text, as strictly as BoringSSL reads it: a boundary has a line for itself from
 * its first column on, and a block that has no end is an error, though another one may be good.
 * https://www.rfc-editor.org/rfc/rfc7468
 */
import { err, ok, type Result } from "../../lib/result.ts";

export interface PemBlock {
  /** `CERTIFICATE`, `EC PRIVATE KEY` */
  readonly label: string;
  /** With its boundaries. */
  readonly text: string;
}

const begin = /^-----BEGIN ([A-Z0-9 ]+)-----\s*$/;
const end = /^-----END ([A-Z0-9 ]+)-----\s*$/;

/** In their order; text around them is a comment. The error is a full reason. */
export function pemBlocks(pem: string): Result<readonly PemBlock[], string> {
  if (pem.includes("\uFEFF")) {
    return err("has a byte order mark, behind which Envoy sees nothing: save it as UTF-8 without");
  }
  const blocks: PemBlock[] = [];
  let open: { readonly label: string; readonly lines: string[] } | undefined;
  for (const [index, line] of pem.split("\n").entries()) {
    open?.lines.push(line);
    if (!/-----(?:BEGIN|END)/.test(line)) continue;
    const began = begin.exec(line)?.[1];
    const ended = end.exec(line)?.[1];
    if (open === undefined && began !== undefined) {
      open = { label: began, lines: [line] };
    } else if (open !== undefined && ended === open.label) {
      blocks.push({ label: ended, text: `${open.lines.join("\n")}\n` });
      open = undefined;
    } else {
      return err(outOfPlace(index + 1, began, ended));
    }
  }
  return open === undefined ? ok(blocks) : err("the last block has no -----END: it is cut off");
}

const example = "-----BEGIN CERTIFICATE-----";

function outOfPlace(line: number, began: string | undefined, ended: string | undefined): string {
  const at = `in line ${line}`;
  if (began !== undefined) return `-----BEGIN ${at}, but the block before it has no -----END`;
  if (ended !== undefined) return `-----END ${at} ends no block of its kind`;
  return `expected a boundary ${at} to be a line of its own, such as ${example}`;
}
