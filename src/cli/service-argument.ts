import { InvalidArgumentError } from "commander";
import { isName } from "../model/names.ts";

/** The argument of commands that are about one service. */
export function serviceName(text: string): string {
  if (isName(text)) return text;
  throw new InvalidArgumentError("not a name of a service.");
}
