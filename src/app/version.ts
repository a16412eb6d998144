import { readFileSync } from "node:fs";

/** Version of this package: `package.json` lies two folders up from `src/app` and `dist/app`. */
export const version: string = readVersion();

function readVersion(): string {
  const text = readFileSync(new URL("../../package.json", import.meta.url), "utf8");
  const parsed: unknown = JSON.parse(text);
  const found = typeof parsed === "object" && parsed !== null && "version" in parsed;
  return found && typeof parsed.version === "string" ? parsed.version : "0.0.0";
}
