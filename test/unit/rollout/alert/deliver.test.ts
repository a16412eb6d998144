import { createHmac } from "node:crypto";
import { createServer, type IncomingHttpHeaders, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { limits } from "../../../../src/config/limits.ts";
import { deliver, destinationOf } from "../../../../src/rollout/alert/deliver.ts";
import type { PendingAlert } from "../../../../src/rollout/alert/message.ts";
import { FakeClock } from "../../../support/fake-clock.ts";
import { freePort } from "../../../support/ports.ts";
import { eventually } from "../../../support/wait.ts";
import { alertFor } from "./alerts.ts";

interface Received {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

interface Receiver {
  readonly url: string;
  readonly received: Received[];
}

interface Answer {
  readonly status?: number;
  readonly body?: string;
  readonly location?: string;
  /** More is to come, and never does. */
  readonly isEndless?: boolean;
}

let servers: Server[] = [];

afterEach(() => {
  for (const server of servers) {
    server.closeAllConnections();
    server.close();
  }
  servers = [];
});

/** A chat service, as far as it concerns us; undefined: it never answers. */
async function receiver(answer: (request: Received) => Answer | undefined): Promise<Receiver> {
  const received: Received[] = [];
  const server = createServer((incoming, outgoing) => {
    let body = "";
    incoming.setEncoding("utf8");
    incoming.on("data", (chunk: string) => {
      body += chunk;
    });
    incoming.on("end", () => {
      const { method = "", url: path = "", headers } = incoming;
      const request = { method, path, headers, body };
      received.push(request);
      const given = answer(request);
      if (given === undefined) return;
      const location = given.location === undefined ? {} : { location: given.location };
      outgoing.writeHead(given.status ?? 200, location);
      outgoing.write(given.body ?? "");
      if (given.isEndless !== true) outgoing.end();
    });
  });
  servers.push(server);
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, received };
}

const never = new AbortController().signal;
const env = { SERIN_ALERT_KEY: "SEC-the-secret" };

const send = (alert: PendingAlert, more: Partial<Parameters<typeof deliver>[1]> = {}) =>
  deliver(alert, { env, ...more }, never);

describe("delivery", () => {
  it.each([
    [
      "generic",
      "",
      (r: Received) => {
        const [, t = "", v1 = ""] =
          /^t=(\d+),v1=(\w+)$/.exec(String(r.headers["x-serin-signature"])) ?? [];
        return (
          v1 === createHmac("sha256", env.SERIN_ALERT_KEY).update(`${t}.${r.body}`).digest("hex")
        );
      },
    ],
    ["slack", "ok", (r: Received) => String(JSON.parse(r.body).text).startsWith("[ERROR] web:")],
    [
      "dingtalk",
      '{"errcode":0,"errmsg":"ok"}',
      (r: Received) => {
        const query = new URL(r.path, "http://x").searchParams;
        const text = `${query.get("timestamp")}\n${env.SERIN_ALERT_KEY}`;
        return (
          query.get("sign") ===
          createHmac("sha256", env.SERIN_ALERT_KEY).update(text).digest("base64")
        );
      },
    ],
    [
      "feishu",
      '{"code":0,"msg":"success"}',
      (r: Received) => {
        const { timestamp, sign } = JSON.parse(r.body);
        return (
          sign === createHmac("sha256", `${timestamp}\n${env.SERIN_ALERT_KEY}`).digest("base64")
        );
      },
    ],
    [
      "wecom",
      '{"errcode":0,"errmsg":"ok"}',
      (r: Received) => JSON.parse(r.body).msgtype === "text",
    ],
  ] as const)("of %s arrives, and is what the service checks", async (format, body, isRight) => {
    const { url, received } = await receiver((request) => ({
      body,
      status: isRight(request) ? 200 : 403,
    }));
    const webhook = { url: `${url}/hook?access_token=abcdefghij`, secretEnv: "SERIN_ALERT_KEY" };
    expect(await send(alertFor(format, webhook))).toBeUndefined();
    expect(received).toHaveLength(1);
    expect(received[0]?.method).toBe("POST");
    expect(received[0]?.headers["content-type"]).toBe("application/json; charset=utf-8");
    expect(received[0]?.path.startsWith("/hook?access_token=abcdefghij")).toBe(true);
  });

  it("fails where the answer's code says so, though its status is 200", async () => {
    const { url } = await receiver(() => ({ body: '{"errcode":310000,"errmsg":"sign"}' }));
    expect(await send(alertFor("dingtalk", { url }))).toContain("errcode 310000");
  });

  it("follows nobody to another place", async () => {
    const other = await receiver(() => ({}));
    const { url } = await receiver(() => ({ status: 307, location: other.url }));
    expect(await send(alertFor("generic", { url }))).toBe("status 307");
    expect(other.received).toEqual([]);
  });

  it("says that nobody listens", async () => {
    const url = `http://127.0.0.1:${await freePort()}`;
    expect(await send(alertFor("generic", { url }))).toContain("ECONNREFUSED");
  });

  it("waits for an answer no longer than is allowed", async () => {
    const clock = new FakeClock();
    const { url, received } = await receiver(() => undefined);
    const sending = send(alertFor("generic", { url }), { clock });
    await eventually(() => received.length === 1, { what: "the request" });
    clock.advance(limits.alerts.attemptMs);
    expect(await sending).toBe("no answer within 5000 ms");
    expect(clock.pending).toBe(0);
  });

  it("reads no more of an answer than is allowed, and does not wait for its end", async () => {
    const body = "x".repeat(2 * limits.alerts.answerBytes);
    const { url } = await receiver(() => ({ status: 500, body, isEndless: true }));
    const why = await send(alertFor("generic", { url }), { clock: new FakeClock() });
    expect(why).toMatch(/^status 500: x+…$/);
    expect(why?.length).toBeLessThan(250);
  });

  it("does not go without the signature that is asked for", async () => {
    const { url, received } = await receiver(() => ({}));
    const why = await send(alertFor("generic", { url, secretEnv: "SERIN_ALERT_OTHER" }));
    expect(why).toBe(
      "the environment variable SERIN_ALERT_OTHER, which has the key of the signature, is not set",
    );
    expect(received).toEqual([]);
  });

  it("repeats no secret that an answer repeats", async () => {
    const { url } = await receiver(({ path }) => ({
      status: 400,
      body: `${path} ${env.SERIN_ALERT_KEY} (a+b)`,
    }));
    const webhook = {
      url: `${url}/hooks/T0123456/abcdefgh?token=q%2Buery-secret`,
      secretEnv: "SERIN_ALERT_KEY",
    };
    const why = (await send(alertFor("generic", webhook))) ?? "";
    for (const part of ["T0123456", "abcdefgh", "uery-secret", env.SERIN_ALERT_KEY]) {
      expect(why).not.toContain(part);
    }
    expect(why).toBe("status 400: [redacted] [redacted] (a+b)");
  });

  it("repeats no half of a secret at the end of what it repeats", async () => {
    for (let pad = 150; pad < 210; pad++) {
      const { url } = await receiver(({ path }) => ({ status: 400, body: "x".repeat(pad) + path }));
      const why = await send(alertFor("generic", { url: `${url}/hooks/abcdefgh0123` }));
      expect(why).not.toMatch(/abc/);
    }
  });

  it("is told by host and format", () => {
    expect(destinationOf(alertFor("slack"))).toBe("slack at hooks.example");
  });
});
