/**
 * The request that each format wants, signed where a secret is set. Pure: the time is an argument.
 * Only `generic` is serin's own; the others are the webhooks of chat services:
 * Slack https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks
 * DingTalk https://open.dingtalk.com/document/robots/customize-robot-security-settings
 * Feishu https://open.feishu.cn/document/client-docs/bot-v3/add-custom-bot
 * WeCom https://developer.work.weixin.qq.com/document/path/91770
 */
import { createHmac } from "node:crypto";
import { alertText, type PendingAlert } from "./message.ts";

export interface AlertRequest {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** `secret` undefined: unsigned. Slack and WeCom have no signature; their URL is the secret. */
export function alertRequest(
  alert: PendingAlert,
  secret: string | undefined,
  nowMs: number,
): AlertRequest {
  const { url, format } = alert.webhook;
  switch (format) {
    case "generic":
      return genericRequest(alert, secret, nowMs);
    case "slack":
      return json(url, { text: escapedForSlack(alertText(alert)) });
    case "dingtalk":
      return json(
        secret === undefined ? url : signedForDingTalk(url, secret, nowMs),
        textOf(alert),
      );
    case "feishu":
      return json(url, {
        ...(secret !== undefined && signatureOfFeishu(secret, nowMs)),
        msg_type: "text",
        content: { text: alertText(alert) },
      });
    case "wecom":
      return json(url, textOf(alert));
  }
}

const json = (url: string, body: object, text = JSON.stringify(body)): AlertRequest => ({
  url,
  headers: { "content-type": "application/json; charset=utf-8" },
  body: text,
});

/** DingTalk and WeCom want the same. */
const textOf = (alert: PendingAlert): object => ({
  msgtype: "text",
  text: { content: alertText(alert) },
});

/**
 * The signature is over time and body, in the form that Stripe made known: whoever gets it can refuse
 * what is old, and so what somebody sends again.
 */
function genericRequest(
  alert: PendingAlert,
  secret: string | undefined,
  nowMs: number,
): AlertRequest {
  const { id, service, severity, atMs, title, text, webhook } = alert;
  const at = new Date(atMs).toISOString();
  const request = json(webhook.url, { id, service, severity, at, title, text });
  if (secret === undefined) return request;
  const seconds = Math.floor(nowMs / 1_000);
  const signature = hmac(secret, `${seconds}.${request.body}`).toString("hex");
  return {
    ...request,
    headers: { ...request.headers, "x-serin-signature": `t=${seconds},v1=${signature}` },
  };
}

/** Slack's only three. */
const escapedForSlack = (text: string): string =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");

/** The time is in milliseconds; both go in the query. */
function signedForDingTalk(url: string, secret: string, nowMs: number): string {
  const timestamp = String(Math.floor(nowMs));
  const signed = new URL(url);
  signed.searchParams.set("timestamp", timestamp);
  signed.searchParams.set("sign", hmac(secret, `${timestamp}\n${secret}`).toString("base64"));
  return signed.toString();
}

/** Time and secret are the key here, and nothing is the message. The time is in seconds. */
function signatureOfFeishu(
  secret: string,
  nowMs: number,
): { readonly timestamp: string; readonly sign: string } {
  const timestamp = String(Math.floor(nowMs / 1_000));
  return { timestamp, sign: hmac(`${timestamp}\n${secret}`, "").toString("base64") };
}

const hmac = (key: string, text: string): Buffer => createHmac("sha256", key).update(text).digest();
