/** URLs that serin itself asks: webhooks, Prometheus. A part of one is often a token, so none is shown. */
import { z } from "zod";
import { limits } from "../../config/limits.ts";
import { full } from "./leaves.ts";

const urlError = "an http or https URL";

export const httpUrl = z.string({ error: urlError }).superRefine((value, context) => {
  const message = urlProblem(value);
  if (message !== undefined) context.addIssue({ code: "custom", message, params: full });
});

function urlProblem(text: string): string | undefined {
  const { urlChars } = limits.decode;
  if (text.length > urlChars) return `expected a URL of at most ${urlChars} characters`;
  if (!/^https?:\/\/[^\s\p{Cc}\\]+$/iu.test(text) || !URL.canParse(text)) {
    return `expected ${urlError}`;
  }
  const { username, password } = new URL(text);
  if (username === "" && password === "") return undefined;
  return "a URL must not contain a user name or a password, which everybody would see who reads the object";
}
