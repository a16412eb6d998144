import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { limits } from "../../../src/config/limits.ts";
import { createProvider, type ProviderQuery } from "../../../src/observe/provider.ts";
import { freePort } from "../../support/ports.ts";

const nowMs = 1_700_000_000_000;
const seconds = nowMs / 1_000;
const { answerBytes, messageChars, staleMs } = limits.provider;
const provider = createProvider({ wallMs: () => nowMs });
const never = new AbortController().signal;

let asked: IncomingMessage[];
let answer: (response: ServerResponse) => void;
const server = createServer((request, response) => {
  asked.push(request);
  answer(response);
});
let host: string;

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});
beforeEach(() => {
  asked = [];
});

function answers(
  body: unknown,
  status = 200,
  headers: Readonly<Record<string, string>> = {},
): void {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  answer = (response) => response.writeHead(status, headers).end(text);
}

const measure = (query: ProviderQuery, signal = never) => provider.measure(query, signal);
const prometheus = (query = "errors", address = `http://${host}`) =>
  measure({ kind: "prometheus", address, query });
const web = (jsonPath: string, path = "/figures") =>
  measure({ kind: "web", url: `http://${host}${path}`, jsonPath });

const success = (resultType: string, result: unknown) => ({
  status: "success",
  data: { resultType, result },
});
const vector = (...values: readonly unknown[]) =>
  success(
    "vector",
    values.map((value) => ({ metric: {}, value })),
  );

describe("a query to Prometheus", () => {
  it("asks for one instant, and takes the one sample", async () => {
    answers(vector([seconds - 2.5, "0.0625"]));
    const query = 'sum(rate(x{code=~"5.."}[1m])) / 2';
    const measured = await prometheus(query, `http://${host}/prom/?x=1#y`);
    expect(measured).toEqual({
      ok: true,
      value: { value: 0.0625, atMs: nowMs - 2_500, ageMs: 2_500 },
    });
    const url = new URL(asked[0]?.url ?? "", "http://x");
    expect([asked[0]?.method, url.pathname]).toEqual(["GET", "/prom/api/v1/query"]);
    expect([...url.searchParams]).toEqual([["query", query]]);
  });

  it.each([
    [success("scalar", [seconds, "1e-5"]), 0.00001],
    [vector([seconds, "-3"]), -3],
    [vector([seconds + 1, "0"]), 0],
  ])("takes a number: case %#", async (body, value) => {
    answers(body);
    expect(await prometheus()).toMatchObject({ ok: true, value: { value } });
  });

  it.each([
    [vector(), "the query has no sample"],
    [vector([seconds, "1"], [seconds, "2"]), "the query has 2 samples, and must have one"],
    [vector([seconds, "NaN"]), "the value is NaN, which is no number"],
    [vector([seconds, "+Inf"]), "the value is +Inf, which is no number"],
    [vector([seconds, ""]), "the sample is no pair of time and value"],
    [vector([seconds]), "the sample is no pair of time and value"],
    [vector(undefined), "the sample is no pair of time and value"],
    [success("vector", [null]), "the sample is no pair of time and value"],
    [success("matrix", []), "the result is a matrix, and must be a vector or a scalar"],
    [success("string", [seconds, "x"]), "the result is a string, and must be"],
    [vector([seconds - staleMs / 1_000 - 1, "1"]), "the sample is 61 s old"],
    [vector([seconds + staleMs / 1_000 + 1, "1"]), "the sample is 61 s in the future"],
    [{ status: "success" }, "the answer is no JSON of Prometheus"],
    [{ status: "success", data: null }, "the answer is no JSON of Prometheus"],
    ["<html>", "the answer is no JSON of Prometheus"],
    ["null", "the answer is no JSON of Prometheus"],
  ])("says what is wrong with the answer: case %#", async (body, reason) => {
    answers(body);
    const measured = await prometheus();
    expect(measured).toMatchObject({ ok: false, error: expect.stringContaining(reason) });
    expect(measured).toMatchObject({
      error: expect.stringContaining(`Prometheus at http://${host}: `),
    });
  });

  it("repeats why a query is refused, in a line of bounded length", async () => {
    const error = `parse error:\n\u001b[31m${"x".repeat(1_000)}`;
    answers({ status: "error", errorType: "bad_data", error }, 400);
    const measured = await prometheus();
    const text = measured.ok ? "" : measured.error;
    expect(text).toContain("status 400, the query is refused: parse error:  [31mxxx");
    expect(text.length).toBeLessThan(messageChars + 200);
  });
});

describe("a question to a web service", () => {
  it("takes the number that the path leads to, also one that is written as a text", async () => {
    answers({ a: { b: [1, { "5xx": "0.25" }] } });
    expect(await web("$.a.b[0]")).toEqual({ ok: true, value: { value: 1, atMs: nowMs, ageMs: 0 } });
    expect(await web('$.a.b[1]["5xx"]')).toMatchObject({ ok: true, value: { value: 0.25 } });
    expect(asked[0]?.headers.accept).toBe("application/json");
    answers("42");
    expect(await web("$")).toMatchObject({ ok: true, value: { value: 42 } });
  });

  it("is as old as a cache says", async () => {
    answers({ a: 1 }, 200, { age: "17" });
    const value = { value: 1, atMs: nowMs - 17_000, ageMs: 17_000 };
    expect(await web("$.a")).toEqual({ ok: true, value });
    answers({ a: 1 }, 200, { age: "old" });
    expect(await web("$.a")).toMatchObject({ ok: true, value: { ageMs: 0 } });
  });

  const body = { a: { b: [1] }, text: "secret words", none: null, yes: true, empty: "" };
  it.each([
    ["$.x", "$.x leads to nothing"],
    ["$.a.b[1]", "$.a.b[1] leads to nothing"],
    ["$.a[0]", "$.a[0] leads to nothing"],
    ["$.text.length", "$.text.length leads to nothing"],
    ["$.a.b.length", "$.a.b.length leads to nothing"],
    ["$.constructor", "$.constructor leads to nothing"],
    ["$.a", "$.a leads to an object, and not to a number"],
    ["$.a.b", "$.a.b leads to a list, and not to a number"],
    ["$.text", "$.text leads to a text, and not to a number"],
    ["$.empty", "$.empty leads to a text, and not to a number"],
    ["$.none", "$.none leads to null, and not to a number"],
    ["$.yes", "$.yes leads to true or false, and not to a number"],
  ])("says where %s leads", async (path, reason) => {
    answers(body);
    expect(await web(path)).toEqual({
      ok: false,
      error: `in the answer of http://${host}, ${reason}`,
    });
  });

  it("refuses other answers than 200 with JSON, and a path that is none, unasked", async () => {
    const place = `http://${host}`;
    answers("oops", 503);
    expect(await web("$.a")).toEqual({ ok: false, error: `${place} answers with status 503` });
    answers("oops");
    expect(await web("$.a")).toEqual({ ok: false, error: `the answer of ${place} is no JSON` });
    asked = [];
    expect(await web("a")).toMatchObject({ ok: false });
    expect(asked).toEqual([]);
  });
});

describe("every question", () => {
  const ask = (url: string, signal = never) =>
    measure({ kind: "web", url, jsonPath: "$.a" }, signal);

  it("carries the credentials of its URL, and no error does, nor what follows the host", async () => {
    answers({ a: 1 });
    expect(await ask(`http://us%20er:p%40ss@${host}/x?token=abc`)).toMatchObject({ ok: true });
    const expected = `Basic ${Buffer.from("us er:p@ss").toString("base64")}`;
    expect(asked[0]?.headers.authorization).toBe(expected);
    expect(asked[0]?.url).toBe("/x?token=abc");
    const port = await freePort();
    const nobody = await ask(`http://user:pass@127.0.0.1:${port}/x?token=abc`);
    const error = nobody.ok ? "" : nobody.error;
    expect(error).toContain(`http://127.0.0.1:${port} does not answer: `);
    expect(error).toContain("ECONNREFUSED");
    expect(error).not.toMatch(/pass|token|abc/);
  });

  it("repeats no part of its URL that an answer repeats, nor half of one at the end of what is told", async () => {
    const said = async (pad: number) => {
      answer = (response) => {
        const { url = "", headers } = asked.at(-1) ?? {};
        const error = `${"x".repeat(pad)} ${headers?.authorization} ${decodeURIComponent(url)} ${url}`;
        response.writeHead(400).end(JSON.stringify({ status: "error", error }));
      };
      const address = `http://long-user:pass%20phrase@${host}/T0123456/${"path-token".repeat(3)}`;
      const measured = await prometheus("up", address);
      return measured.ok ? "" : measured.error;
    };
    for (let pad = 0; pad < messageChars; pad++) {
      expect(await said(pad)).not.toMatch(/path-|T0123456|bG9uZy|pass.phrase|long-user/);
    }
  });

  it("is not led elsewhere", async () => {
    answers("", 302, { location: `http://${host}/other` });
    expect(await ask(`http://${host}/here`)).toEqual({
      ok: false,
      error: `http://${host} answers 302, a redirect, which is not followed`,
    });
    expect(asked).toHaveLength(1);
  });

  it("takes an answer up to its bound, and reads no more than that", async () => {
    const padded = (bytes: number): string => `{"a":1}${" ".repeat(bytes - 7)}`;
    answers(padded(answerBytes));
    expect(await ask(`http://${host}/`)).toMatchObject({ ok: true });
    let close = (): void => {};
    const isClosed = new Promise<void>((resolve) => {
      close = resolve;
    });
    answer = (response) => {
      response.once("close", close);
      response.on("error", () => undefined);
      const more = (): void => {
        let flows = true;
        while (flows && !response.destroyed) flows = response.write(" ".repeat(65_536));
      };
      response.on("drain", more);
      more();
    };
    expect(await ask(`http://${host}/endless`)).toEqual({
      ok: false,
      error: `the answer of http://${host} is longer than ${answerBytes} bytes`,
    });
    await isClosed;
  });

  it("ends when it is given up", async () => {
    const controller = new AbortController();
    answer = () => controller.abort();
    expect(await ask(`http://${host}/slow`, controller.signal)).toEqual({
      ok: false,
      error: `the question to http://${host} was given up`,
    });
  });

  it("ends when its time is over, in the middle of an answer too", async () => {
    answer = (response) => response.writeHead(200).write("{");
    const hasty = createProvider({ wallMs: () => nowMs }, 50);
    const url = `http://${host}/slow`;
    expect(await hasty.measure({ kind: "web", url, jsonPath: "$" }, never)).toEqual({
      ok: false,
      error: `http://${host} did not answer within 50 ms`,
    });
  });

  it.each(["", "web", "ftp://127.0.0.1/x", "file:///etc/passwd", "http://"])(
    "goes to http or https alone: %s",
    async (url) => {
      expect(await ask(url)).toEqual({
        ok: false,
        error: "the address of the web service is no URL of http or https",
      });
      expect(await prometheus("x", url)).toEqual({
        ok: false,
        error: "the address of Prometheus is no URL of http or https",
      });
      expect(asked).toEqual([]);
    },
  );
});
