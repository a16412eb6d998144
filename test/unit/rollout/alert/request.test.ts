import { createHmac } from "node:crypto";
import { describe, expect, it } from "vitest";
import { limits } from "../../../../src/config/limits.ts";
import { refusalIn } from "../../../../src/rollout/alert/answer.ts";
import {
  alertsOf,
  alertText,
  cutBytes,
  type PendingAlert,
} from "../../../../src/rollout/alert/message.ts";
import {
  alertWrite,
  pendingAlerts,
  readAlert,
} from "../../../../src/rollout/alert/outbox-entry.ts";
import { alertRequest } from "../../../../src/rollout/alert/request.ts";
import type { Entry } from "../../../../src/store/store.ts";
import { alertFor } from "./alerts.ts";

const nowMs = 1_700_000_000_123;
const secret = "SEC0123456789";
const text = "[ERROR] web: v2 is out\n9 of 24 requests failed & <more>\nalert 0000000000007-0a-1";

const body = (alert: PendingAlert, key?: string) =>
  JSON.parse(alertRequest(alert, key, nowMs).body);

describe("the request for an alert", () => {
  it("is serin's own JSON for generic", () => {
    const { url, headers, body: sent } = alertRequest(alertFor("generic"), undefined, nowMs);
    expect(url).toBe("https://hooks.example/path-of-generic?key=query-secret");
    expect(headers).toEqual({ "content-type": "application/json; charset=utf-8" });
    expect(JSON.parse(sent)).toEqual({
      id: "0000000000007-0a-1",
      service: "web",
      severity: "error",
      at: "2023-11-14T22:13:20.000Z",
      title: "v2 is out",
      text: "9 of 24 requests failed & <more>",
    });
  });

  it("is signed over time and body for generic", () => {
    const { headers, body: sent } = alertRequest(alertFor("generic"), secret, nowMs);
    const mac = createHmac("sha256", secret).update(`1700000000.${sent}`).digest("hex");
    expect(headers["x-serin-signature"]).toBe(`t=1700000000,v1=${mac}`);
  });

  it("is text for Slack, with its three characters escaped, and never signed", () => {
    const plain = { text: text.replace("&", "&amp;").replace("<more>", "&lt;more&gt;") };
    expect(body(alertFor("slack"))).toEqual(plain);
    expect(body(alertFor("slack"), secret)).toEqual(plain);
  });

  it("is text for DingTalk, signed in the query", () => {
    const alert = alertFor("dingtalk");
    expect(body(alert)).toEqual({ msgtype: "text", text: { content: text } });
    expect(alertRequest(alert, undefined, nowMs).url).toBe(alert.webhook.url);
    const { searchParams } = new URL(alertRequest(alert, secret, nowMs).url);
    expect(searchParams.get("key")).toBe("query-secret");
    expect(searchParams.get("timestamp")).toBe("1700000000123");
    // As `openssl dgst -sha256 -hmac` gives it.
    expect(searchParams.get("sign")).toBe("TJcZCaw2244L6ShEhzB3a1XAY4k0W7YNHxgR24gEwZI=");
    expect(alertRequest(alert, secret, nowMs).url).toMatch(/&sign=TJcZ\w+%3D$/);
  });

  it("is text for Feishu, signed in the body with the secret in the key", () => {
    const alert = alertFor("feishu");
    expect(body(alert)).toEqual({ msg_type: "text", content: { text } });
    expect(body(alert, secret)).toEqual({
      timestamp: "1700000000",
      // As `openssl dgst -sha256 -mac HMAC -macopt hexkey:` gives it.
      sign: "ukltNRENYMvqlIpTDbO14XaB5X9Lc3nYKcFTY1Yb7Rk=",
      msg_type: "text",
      content: { text },
    });
  });

  it("is text for WeCom", () => {
    expect(body(alertFor("wecom"))).toEqual({ msgtype: "text", text: { content: text } });
  });

  it("fits where a chat service takes no more", () => {
    const long = { ...alertFor("wecom"), title: "灰".repeat(900), text: "度".repeat(5_000) };
    const told = alertText(long);
    expect(Buffer.byteLength(told)).toBeLessThanOrEqual(limits.alerts.textBytes);
    expect(told.startsWith("[ERROR] web: 灰")).toBe(true);
    expect(told).toContain("度…");
    expect(told.endsWith("\nalert 0000000000007-0a-1")).toBe(true);
  });

  it("never has half a character", () => {
    expect(cutBytes("abc", 3)).toBe("abc");
    expect(cutBytes("abcdef", 5)).toBe("ab…");
    expect(cutBytes("🐦🐦", 7)).toBe("🐦…");
    expect(cutBytes("🐦🐦", 6)).toBe("");
    expect(cutBytes("abc", 0)).toBe("");
  });
});

describe("an answer", () => {
  it.each([
    ["generic", 204, ""],
    ["generic", 200, "whatever"],
    ["slack", 200, "ok"],
    ["dingtalk", 200, '{"errcode":0,"errmsg":"ok"}'],
    ["wecom", 200, '{"errcode":0,"errmsg":"ok"}'],
    ["feishu", 200, '{"code":0,"msg":"success","data":{}}'],
    ["feishu", 200, '{"Extra":null,"StatusCode":0,"StatusMessage":"success"}'],
  ] as const)("of %s with %i %s says that it has arrived", (format, status, answer) => {
    expect(refusalIn(format, status, answer)).toBeUndefined();
  });

  it.each([
    ["generic", 500, "oh\nno", "status 500: oh no"],
    ["generic", 302, "", "status 302"],
    ["slack", 404, "no_service", "status 404: no_service"],
    ["dingtalk", 429, "", "status 429"],
    [
      "dingtalk",
      200,
      '{"errcode":310000,"errmsg":"sign not match"}',
      'errcode 310000: {"errcode":310000,"errmsg":"sign not match"}',
    ],
    ["wecom", 200, '{"errcode":45009}', 'errcode 45009: {"errcode":45009}'],
    ["feishu", 200, '{"code":19021,"msg":"sign"}', 'code 19021: {"code":19021,"msg":"sign"}'],
    ["feishu", 200, '{"code":"0"}', 'code "0": {"code":"0"}'],
    ["feishu", 200, "<html>", "status 200, but no code in the answer"],
    ["wecom", 200, "[]", "status 200, but no errcode in the answer"],
    ["wecom", 200, "null", "status 200, but no errcode in the answer"],
  ] as const)("of %s with %i %s says that it has not", (format, status, answer, why) => {
    expect(refusalIn(format, status, answer)).toBe(why);
  });

  it("is repeated in part only", () => {
    const why = refusalIn("generic", 500, "x".repeat(10_000)) ?? "";
    expect(why.length).toBeLessThan(250);
  });
});

describe("the alerts of an act", () => {
  it("are one for each receiver, with ids of their own", () => {
    const { webhook, severity } = alertFor("slack");
    const told = { service: "web", operation: "op", atMs: 5, title: "v2 is out", text: "why" };
    const receivers = [{ severity, webhook }, { severity: "info", webhook } as const];
    expect(alertsOf(receivers, told)).toEqual([
      { id: "op-0", service: "web", atMs: 5, title: "v2 is out", text: "why", severity, webhook },
      {
        id: "op-1",
        service: "web",
        atMs: 5,
        title: "v2 is out",
        text: "why",
        severity: "info",
        webhook,
      },
    ]);
  });
});

describe("an alert in the store", () => {
  const entryOf = (alert: PendingAlert): Entry => {
    const write = alertWrite(alert);
    if (write.kind !== "put") throw new Error("an alert is put");
    return { key: write.key, value: write.value, modRevision: 1n, createRevision: 1n };
  };

  it("is the same when it is read again", () => {
    const signed = alertFor("feishu", { secretEnv: "SERIN_ALERT_FEISHU" });
    expect(readAlert(entryOf(signed))).toEqual({ ok: true, value: signed });
    const plain = alertFor("slack");
    expect(readAlert(entryOf(plain))).toEqual({ ok: true, value: plain });
  });

  it("is none where it would be signed with something else of the environment", () => {
    const signed = alertFor("generic", { secretEnv: "SERIN_ETCD_PASSWORD" });
    const read = readAlert(entryOf(signed));
    expect(read.ok ? "" : read.error).toMatch(/ is no alert: it is wrong at webhook\.secretEnv$/);
  });

  it("is cut where it is too long", () => {
    const long = { ...alertFor("slack"), text: "x".repeat(100_000), title: "y".repeat(100_000) };
    const entry = entryOf(long);
    expect(entry.value.byteLength).toBeLessThan(3 * limits.alerts.textBytes);
    expect(readAlert(entry).ok).toBe(true);
  });

  it("is told from what is none, and the oldest comes first", () => {
    const older = { ...alertFor("slack"), id: "z", atMs: 1 };
    const newer = { ...alertFor("slack"), id: "a", atMs: 2 };
    const wrong = ["{}", "null", "[", '{"webhook":{"url":"file:///etc/passwd"}}'].map(
      (value, index): Entry => ({
        key: `status/alerts/wrong-${index}`,
        value: Buffer.from(value),
        modRevision: 1n,
        createRevision: 1n,
      }),
    );
    const other = { ...entryOf(older), key: "status/guards/web" };
    const { pending, broken } = pendingAlerts([entryOf(newer), ...wrong, entryOf(older), other]);
    expect(pending.map(({ alert }) => alert.id)).toEqual(["z", "a"]);
    expect(broken.map(({ reason }) => reason.replace(/:.*/, ""))).toEqual(
      wrong.map(({ key }) => `${key} is no alert`),
    );
  });
});
