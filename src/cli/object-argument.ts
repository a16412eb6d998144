/** How a command line names objects: `weights web`, `weights/web`, `HTTPRoute web`, `endpoints web`. */
import type { Command } from "commander";
import { didYouMean } from "../lib/did-you-mean.ts";
import { objectFolders } from "../store/decode/key.ts";
import { folderOfKind } from "../store/decode/long-form.ts";
import { usageError } from "./flags.ts";

export interface NamedObjects {
  /** Key of the one object; undefined: no name was given. */
  readonly key: string | undefined;
  /** Of all that is meant by it, where it is none itself. */
  readonly prefix: string;
}

/** Ends the command where there is no such kind. */
export function namedObjects(
  command: Command,
  kind: string | undefined,
  name: string | undefined,
): NamedObjects {
  if (kind === undefined) return { key: undefined, prefix: "" };
  const slash = kind.indexOf("/");
  const folder = folderOfKind(slash === -1 ? kind : kind.slice(0, slash));
  if (folder === undefined) {
    const hint = didYouMean(kind, objectFolders);
    return usageError(command, `"${kind}" is no kind of object${hint}; ${kindsText}`);
  }
  if (slash !== -1 && name !== undefined) {
    return usageError(command, `a name is given twice: ${kind} ${name}`);
  }
  const rest = slash === -1 ? name : kind.slice(slash + 1);
  if (rest === undefined || rest === "") return { key: undefined, prefix: `${folder}/` };
  const key = `${folder}/${rest}`;
  return { key, prefix: `${key}/` };
}

/** For help. */
export const kindsText = `kinds: ${objectFolders.join(", ")}`;
