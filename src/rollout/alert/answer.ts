/**
 * Whether an answer says that the alert has arrived. Chat services refuse with status 200 and a code in
 * the body: DingTalk and WeCom `{"errcode":310000,"errmsg":"…"}`, Feishu `{"code":19021,"msg":"…"}`.
 */
import { parsedJson } from "../../lib/parsed-json.ts";
import { cutBytes, type PendingAlert } from "./message.ts";

type Format = PendingAlert["webhook"]["format"];

/** Undefined: it has. Otherwise one sentence for the operator. */
export function refusalIn(format: Format, status: number, body: string): string | undefined {
  if (status < 200 || status > 299) return `status ${status}${told(body)}`;
  switch (format) {
    case "generic":
    case "slack":
      return undefined;
    case "dingtalk":
    case "wecom":
      return codeIn(body, ["errcode"]);
    case "feishu":
      // Older bots answer StatusCode.
      return codeIn(body, ["code", "StatusCode"]);
  }
}

function codeIn(body: string, names: readonly string[]): string | undefined {
  const answer = fieldsOf(body);
  const code = names.map((name) => answer[name]).find((value) => value !== undefined);
  if (code === 0) return undefined;
  return code === undefined
    ? `status 200, but no ${names[0]} in the answer`
    : `${names[0]} ${JSON.stringify(code)}${told(body)}`;
}

function fieldsOf(body: string): Readonly<Record<string, unknown>> {
  const value = parsedJson(body);
  return typeof value === "object" && value !== null ? { ...value } : {};
}

const toldBytes = 200;

/** Whatever somebody else wrote, on one line. */
const told = (body: string): string => {
  const text = body.replaceAll(/[\p{Cc}\s]+/gu, " ").trim();
  return text === "" ? "" : `: ${cutBytes(text, toldBytes)}`;
};
