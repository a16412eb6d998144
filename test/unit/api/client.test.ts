import { describe, expect, it } from "vitest";
import { createClient } from "../../../src/api/client.ts";

/** Answers each request in turn, and remembers what was asked. */
function clientOf(...answers: readonly Response[]) {
  const asked: { readonly url: string; readonly init: RequestInit }[] = [];
  const rest = [...answers];
  const client = createClient({
    base: "http://serin",
    token: "secret",
    fetch: async (url, init) => {
      asked.push({ url, init });
      const next = rest.shift();
      if (next === undefined) throw new Error("nobody is there");
      return next;
    },
  });
  return { client, asked };
}

const json = (value: unknown, headers: Readonly<Record<string, string>> = {}) =>
  new Response(JSON.stringify(value), {
    headers: { "content-type": "application/json", ...headers },
  });

describe("the client of the admin API", () => {
  it("asks for an object by its key, slashes and all, and has its ETag", async () => {
    const { client, asked } = clientOf(json({ v1: 1 }, { etag: '"7"' }));
    const answer = await client.whole("GET /v1/objects/{key}", { params: { key: "weights/a b" } });
    expect(answer.ok && [answer.value.value, answer.value.headers.get("etag")]).toEqual([
      { v1: 1 },
      '"7"',
    ]);
    expect(asked[0]?.url).toBe("http://serin/v1/objects/weights/a%20b");
    expect(asked[0]?.init.headers).toMatchObject({ authorization: "Bearer secret" });
  });

  it("opens a stream: the response as it comes, ended by the signal alone", async () => {
    const { client, asked } = clientOf(new Response("event: hello\n\n", { status: 429 }));
    const { signal } = new AbortController();
    const how = { signal, accept: "text/event-stream" };
    const response = await client.open("GET /v1/events", {}, how);
    expect([response.status, await response.text()]).toEqual([429, "event: hello\n\n"]);
    expect(asked[0]?.init.signal).toBe(signal);
    expect(asked[0]?.init.headers).toMatchObject({ accept: "text/event-stream" });
    await expect(client.open("GET /v1/events")).rejects.toThrow("nobody is there");
  });

  it("tells problems from answers of somebody else, and from none", async () => {
    const problem = { type: "urn:serin:problem:conflict", detail: "it is held" };
    const { client } = clientOf(
      new Response(JSON.stringify(problem), { status: 409 }),
      new Response("<html>", { status: 502, headers: { "content-type": "text/html" } }),
      new Response("<html>", { headers: { "content-type": "application/json" } }),
    );
    const kinds: unknown[] = [];
    for (let turn = 0; turn < 4; turn += 1) {
      const answer = await client.call("GET /v1/store");
      kinds.push(answer.ok ? "ok" : answer.error.kind);
    }
    expect(kinds).toEqual(["problem", "notSerin", "notSerin", "noAnswer"]);
  });
});
