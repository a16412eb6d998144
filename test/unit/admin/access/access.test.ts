import pino from "pino";
import { describe, expect, it } from "vitest";
import { Access } from "../../../../src/admin/access/access.ts";
import type { Token } from "../../../../src/admin/access/token.ts";
import { createMetrics } from "../../../../src/observe/metrics.ts";
import { heldToken } from "../../../support/access.ts";
import { FakeClock } from "../../../support/fake-clock.ts";

const alice = heldToken("alice", "operator");

function accessLab(first: readonly Token[] | undefined) {
  const clock = new FakeClock();
  const metrics = createMetrics();
  const lines: Record<string, unknown>[] = [];
  const logger = pino({}, { write: (line: string) => void lines.push(JSON.parse(line)) });
  let tokens = first;
  const access = new Access({ tokens: () => tokens, clock, logger, metrics });
  const replace = (next: readonly Token[]): void => {
    tokens = next;
  };
  return { access, clock, metrics, lines, replace };
}

describe("who asks", () => {
  it("is everybody where the port asks for no tokens, whatever they send", () => {
    const { access } = accessLab(undefined);
    const admin = { ok: true, value: { name: null, role: "admin" } };
    expect(access.asksForTokens).toBe(false);
    for (const header of [undefined, "Bearer x", `Bearer ${alice.text}`]) {
      expect(access.identify(header)).toEqual(admin);
    }
  });

  it("is the holder of a token, by its name and role", () => {
    const { access } = accessLab([heldToken("bob", "admin").token, alice.token]);
    const known = { ok: true, value: { name: "alice", role: "operator" } };
    expect(access.asksForTokens).toBe(true);
    expect(access.identify(`Bearer ${alice.text}`)).toEqual(known);
    expect(access.identify(`bearer   ${alice.text} `)).toEqual(known);
  });

  it.each([
    [undefined, "no_token"],
    ["", "no_token"],
    ["Bearer", "no_token"],
    [`Basic ${alice.text}`, "no_token"],
    [alice.text, "no_token"],
    [`Bearer ${alice.text}, Bearer ${alice.text}`, "no_token"],
    [`Bearer ${alice.text.slice(0, -1)}`, "unknown_token"],
    [`Bearer ${alice.text}=`, "unknown_token"],
    [`Bearer ${alice.text.toUpperCase()}`, "unknown_token"],
    [`Bearer ${Buffer.from(alice.token.hash).toString("hex")}`, "unknown_token"],
    [`Bearer ${"x".repeat(10_000)}`, "unknown_token"],
  ])("is nobody: %s", (header, reason) => {
    const { access } = accessLab([alice.token]);
    expect(access.identify(header)).toMatchObject({ ok: false, error: { reason } });
  });

  it("is nobody in an empty file", () => {
    const { access } = accessLab([]);
    expect(access.asksForTokens).toBe(true);
    expect(access.identify(`Bearer ${alice.text}`).ok).toBe(false);
  });

  it("is nobody from the moment at which the token expires", () => {
    const { clock } = accessLab(undefined);
    const bob = heldToken("bob", "viewer", clock.wallMs() + 1_000);
    const lab = accessLab([bob.token]);
    const identify = () => lab.access.identify(`Bearer ${bob.text}`);
    lab.clock.advance(999);
    const known = identify();
    expect(known.ok && lab.access.holds(known.value)).toBe(true);
    lab.clock.advance(1);
    expect(known.ok && lab.access.holds(known.value)).toBe(false);
    expect(identify()).toEqual({
      ok: false,
      error: {
        reason: "expired_token",
        detail: "the token bob expired at 2023-11-14T22:13:21.000Z",
      },
    });
  });

  it("stays while the token is there with the same role", () => {
    const { access, replace } = accessLab([alice.token]);
    const known = access.identify(`Bearer ${alice.text}`);
    const holds = () => known.ok && access.holds(known.value);
    replace([heldToken("bob", "viewer").token, { ...alice.token, name: "alice-2" }]);
    expect(holds()).toBe(true);
    replace([{ ...alice.token, role: "viewer" }]);
    expect(holds()).toBe(false);
    replace([]);
    expect(holds()).toBe(false);
  });
});

describe("refusals", () => {
  it("are counted by reason, and logged once a second with who and how many more", async () => {
    const { access, clock, metrics, lines } = accessLab([alice.token]);
    const request = { peer: "10.0.0.9", method: "GET", path: `/${"x".repeat(300)}` };
    const refused = (reason: "no_token" | "role"): void => access.refused({ ...request, reason });
    refused("no_token");
    for (let i = 0; i < 20; i += 1) {
      clock.advance(49);
      refused("no_token");
    }
    clock.advance(20);
    access.refused({ ...request, reason: "role", tokenName: "alice" });
    expect(lines).toMatchObject([
      { level: 40, ...request, path: request.path.slice(0, 200), reason: "no_token" },
      { level: 40, peer: "10.0.0.9", reason: "role", tokenName: "alice", unlogged: 20 },
    ]);
    const text = await metrics.registry.getSingleMetricAsString(
      "serin_admin_requests_refused_total",
    );
    expect(text).toContain('{reason="no_token"} 21');
    expect(text).toContain('{reason="role"} 1');
  });
});
