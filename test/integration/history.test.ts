import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { cli } from "../support/cli.ts";
import { type Etcd, startEtcd } from "../support/etcd.ts";

let etcd: Etcd;
let flags: readonly string[];

beforeAll(async () => {
  etcd = await startEtcd();
  flags = ["--store", `etcd://${etcd.endpoint}`];
  await etcd.put("/serin/endpoints/web/a", '{"address":"127.0.0.1:8081","version":"v1"}');
  await etcd.put("/serin/endpoints/web/b", '{"address":"127.0.0.1:8082","version":"v2"}');
});
afterAll(async () => {
  await etcd.stop();
});

const serin = (...argv: string[]) => cli([...argv, ...flags], { env: { SERIN_BY: "ann@host" } });
const weights = async () => (await etcd.get("/serin/weights/web"))?.value;

describe("history and undo on etcd, by the command line", () => {
  it("tell of each change, and put it back", async () => {
    expect((await serin("weight", "set", "web", "v1=90", "v2=10")).code).toBe(0);
    const first = await etcd.get("/serin/weights/web");
    await serin("weight", "set", "web", "v1=50", "v2=50", "--why", "half");
    // One revision: the change and its record are one transaction.
    const [record = ""] = (
      await etcd.etcdctl(["get", "--prefix", "--keys-only", "/serin/history/"])
    )
      .trim()
      .split(/\s+/)
      .slice(-1);
    const written = await etcd.get("/serin/weights/web");
    expect((await etcd.get(record))?.modRevision).toBe(written?.modRevision);

    expect((await serin("undo", "web")).code).toBe(0);
    expect(await weights()).toBe('{"v1":90,"v2":10}');
    await serin("weight", "set", "web", "v1=0", "v2=100");
    const to = ["--to", String(first?.modRevision)];
    expect((await serin("undo", "web", ...to, "--why", "as it was")).code).toBe(0);
    expect(await weights()).toBe('{"v1":90,"v2":10}');

    const { out } = await serin("history", "web", "-o", "json");
    const rows = JSON.parse(out).rows as readonly { kind: string; by: string; why: string }[];
    expect(rows.map(({ kind, by }) => `${kind} ${by}`)).toEqual(
      Array.from({ length: 5 }, () => "record ann@host"),
    );
    expect(rows[0]?.why).toBe("as it was");
    expect(rows[3]?.why).toBe("half");
  });

  it("see what etcdctl wrote, and do not undo across it", async () => {
    await serin("weight", "set", "web", "v1=70", "v2=30");
    const before = await etcd.get("/serin/weights/web");
    await etcd.put("/serin/weights/web", '{"v1":1,"v2":2}');
    const refused = await serin("undo", "web");
    expect(refused).toMatchObject({ code: 1, out: "" });
    expect(refused.err).toContain("weights/web was changed since, and no record tells by whom");
    expect((await serin("history", "web")).out).toMatch(
      /written past serin +weights\/web v1=70 v2=30 -> v1=1 v2=2\n/,
    );
    await serin("weight", "set", "web", "v1=5", "v2=5");
    const revision = String((before?.modRevision ?? 0) + 1);
    const missing = await serin("undo", "web", "--to", revision);
    expect(missing.err).toContain("a record of weights/web is missing");
    expect(await weights()).toBe('{"v1":5,"v2":5}');
    // The change after it is known whole.
    expect((await serin("undo", "web")).code).toBe(0);
    expect(await weights()).toBe('{"v1":1,"v2":2}');
  });
});
