import { afterEach, describe, expect, it } from "vitest";
import { heldToken } from "../../../support/access.ts";
import { type AdminLab, adminLab } from "../../../support/admin.ts";

const alice = heldToken("alice", "admin");
const bearer = { authorization: `Bearer ${alice.text}` };

let lab: AdminLab | undefined;

afterEach(() => lab?.close());

describe("who holds a token", () => {
  it("is the author of a change, whatever the request says, in history and log", async () => {
    const lines: string[] = [];
    lab = await adminLab({ tokens: [alice.token], log: (line) => lines.push(line) });
    await lab.app.started;
    const said = "by=bob&why=INC-1";
    await lab.put(`/v1/weights/web?${said}`, '{"v1":1}', bearer);
    await lab.put(
      `/v1/objects/gateways/edge?${said}`,
      '{"listeners":[{"name":"a","port":1}]}',
      bearer,
    );
    await lab.del(`/v1/objects/gateways/edge?${said}`, bearer);
    await lab.put(`/v1/history/web/undo?${said}`, "", bearer);
    const history = await fetch(`${lab.url}/v1/history/web`, { headers: bearer });
    const { rows } = (await history.json()) as { readonly rows: readonly object[] };
    expect(rows).toMatchObject([
      { by: "alice", why: expect.stringContaining("INC-1") },
      { by: "alice", why: "INC-1" },
    ]);
    const written = lines
      .map((line) => JSON.parse(line))
      .filter(({ msg }) => /by the API/.test(msg));
    expect(written.map(({ msg, by }) => [msg, by])).toEqual([
      ["written by the API", "alice"],
      ["written by the API", "alice"],
      ["removed by the API", "alice"],
      ["undone by the API", "alice"],
    ]);
    expect(lines.join("")).not.toContain(alice.text.slice(6));
  });

  it("is told who serin takes him for", async () => {
    lab = await adminLab({ tokens: [alice.token] });
    const me = await fetch(`${lab.url}/v1/me`, { headers: bearer });
    expect(await me.json()).toEqual({ name: "alice", role: "admin", tokens: true });
    await lab.close();
    lab = await adminLab();
    expect((await lab.get("/v1/me")).json).toEqual({ name: null, role: "admin", tokens: false });
  });

  it("shows nothing of the token in the log of a refusal", async () => {
    const lines: string[] = [];
    lab = await adminLab({ tokens: [], log: (line) => lines.push(line) });
    const answer = await fetch(`${lab.url}/v1/proxies?token=${alice.text}`, { headers: bearer });
    expect(answer.status).toBe(401);
    expect(answer.headers.get("content-type")).toBe("application/problem+json");
    expect(lines).toHaveLength(1);
    expect(JSON.parse(lines[0] ?? "")).toMatchObject({
      ...{ peer: "127.0.0.1", reason: "unknown_token", method: "GET", path: "/v1/proxies" },
      msg: "request to the admin API refused",
    });
    expect(lines.join("") + (await answer.text())).not.toContain(alice.text);
  });
});
