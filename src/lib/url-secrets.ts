/**
 * URLs of webhooks and of providers of figures hold secrets: a token in the path (Slack), in the query
 * (DingTalk), or before the host. So people are shown the origin alone; and since whoever answers may repeat
 * what it was sent, its words are shown without the parts of the URL.
 */

/** Shorter ones are words of an address, and no secrets. */
const secretChars = 8;

/** `text` without what of `url` may be a secret, and without `more`. */
export function withoutSecretsOf(url: URL, text: string, ...more: readonly string[]): string {
  const { pathname, search, hash, username, password } = url;
  const parts = [pathname, search, hash].flatMap((part) => part.split(/[/?&=#]/));
  const spelt = [...parts, username, password].flatMap((part) => [part, decoded(part)]);
  const basic = Buffer.from(`${decoded(username)}:${decoded(password)}`).toString("base64");
  const whole = [`${pathname}${search}`, search.slice(1), basic];
  return [...whole, ...spelt, ...more]
    .filter((each) => each.length >= secretChars)
    .toSorted((one, other) => other.length - one.length)
    .reduce((told, each) => told.replaceAll(each, "[redacted]"), text);
}

/** As the URL has it, where it is no valid encoding. */
export function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
