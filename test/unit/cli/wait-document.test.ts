/** With `--wait` and `-o json|yaml` there is one document, in the end, whatever the outcome is. */
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { typeUrls } from "../../../src/snapshot/type-url.ts";
import { startedLab } from "../../support/admin.ts";
import { cli } from "../../support/cli.ts";
import { connectProxy } from "../../support/fake-proxy.ts";
import { freePort } from "../../support/ports.ts";
import { eventually } from "../../support/wait.ts";

const json = ["--wait", "-o", "json"];
const set = ["weight", "set", "web", "v1=1", "v2=9", ...json];
const weights = { v1: 1, v2: 9 };

describe("the document of a wait", () => {
  it("says who has accepted it", async () => {
    const { app, url } = await startedLab();
    connectProxy(app.hub, { id: "edge-1" }).ackAll();
    const { code, out, err } = await cli([...set, "--admin", url]);
    expect({ code, err }).toEqual({ code: 0, err: "" });
    const wait = { outcome: "accepted", revision: 2, proxies: 1, accepted: 1, replicas: 1 };
    expect(JSON.parse(out)).toEqual({
      service: "web",
      weights,
      revision: 2,
      wait: { ...wait, ms: expect.any(Number), behind: [], standing: [], omitted: 0 },
    });
  });

  it("names who has not answered in time, and ends with 3", async () => {
    const { app, url } = await startedLab();
    const proxy = connectProxy(app.hub, { id: "edge-1", peer: "10.0.0.9:1" });
    proxy.subscribe(typeUrls.cluster);
    for (const form of ["json", "yaml"]) {
      const argv = ["weight", "set", "web", "v1=1", "v2=9", "--wait", "--timeout", "50ms"];
      const { code, out, err } = await cli([...argv, "-o", form, "--admin", url]);
      expect(code).toBe(3);
      expect(err).toContain("  edge-1 (10.0.0.9:1) CDS PENDING\n");
      const document = form === "json" ? JSON.parse(out) : parse(out);
      const wait = { outcome: "timedOut", proxies: 1, accepted: 0, replicas: 1, standing: [] };
      expect(document).toMatchObject({ service: "web", weights, wait });
      expect(document.wait.revision).toBe(document.revision);
      expect(document.wait.detail).toMatch(/^not every proxy has accepted revision \d+ within/);
      expect(document.wait.behind).toMatchObject([
        { node: "edge-1", peer: "10.0.0.9:1", type: "CDS", status: "PENDING", message: null },
      ]);
    }
  });

  it("has the words of a proxy that rejects it, and ends with 1", async () => {
    const { app, url } = await startedLab();
    const proxy = connectProxy(app.hub, { id: "edge-1" });
    proxy.subscribe(typeUrls.route, ["default/http"]);
    proxy.ack(typeUrls.route);
    const setting = cli([...set, "--timeout", "10s", "--admin", url]);
    await eventually(() => proxy.received(typeUrls.route).length === 2, { what: "the split" });
    proxy.nack(typeUrls.route, "bad route");
    const { code, out } = await setting;
    expect(code).toBe(1);
    const behind = [{ node: "edge-1", type: "RDS", status: "NACKED", message: "bad route" }];
    expect(JSON.parse(out).wait).toMatchObject({ outcome: "rejected", revision: 2, behind });
  });

  it("says that nothing was written, and that nobody was asked", async () => {
    const { url } = await startedLab();
    const typo = await cli(["weight", "set", "wbe", "v1=1", ...json, "--admin", url]);
    expect(typo.code).toBe(1);
    const [failure] = JSON.parse(typo.out).failures;
    expect(failure.detail).toContain("there is no service wbe");
    expect(JSON.parse(typo.out)).toMatchObject({ service: "wbe", wait: null });
    const early = await cli(["undo", "web", ...json, "--admin", url]);
    expect(early.code).toBe(1);
    expect(JSON.parse(early.out)).toMatchObject({ service: "web", wait: null });
    const none = `http://127.0.0.1:${await freePort()}`;
    const away = await cli(["rollout", "abort", "web", ...json, "--admin", none]);
    expect(JSON.parse(away.out).failures[0].detail).toContain(`no answer from ${none}`);
  });

  it("is of all objects that are applied or deleted, and of the last revision", async () => {
    const { app, url } = await startedLab();
    const proxy = connectProxy(app.hub, { id: "edge-1" });
    proxy.subscribe(typeUrls.cluster);
    const stdin = "weights/web: { v1: 5, v2: 5 }\nendpoints/web/c: { address: '127.0.0.1:83' }\n";
    const run = (...argv: readonly string[]) => cli([...argv, ...json, "--admin", url], { stdin });
    const late = await run("apply", "-f", "-", "--timeout", "50ms");
    expect(late.code).toBe(3);
    const { objects, wait } = JSON.parse(late.out);
    expect(objects).toMatchObject([
      { key: "endpoints/web/c", result: "created", revision: 2 },
      { key: "weights/web", result: "configured", revision: 3 },
    ]);
    expect(wait).toMatchObject({ outcome: "timedOut", revision: 3, behind: [{ node: "edge-1" }] });
    proxy.close();
    connectProxy(app.hub, { id: "edge-2" }).ackAll();
    const deleted = await run("delete", "-f", "-");
    expect(deleted.code).toBe(0);
    expect(JSON.parse(deleted.out).wait).toMatchObject({ outcome: "accepted", revision: 5 });
    const again = await run("delete", "-f", "-");
    expect(again.code).toBe(1);
    const absent = ["weights/web", "endpoints/web/c"];
    expect(JSON.parse(again.out)).toEqual({ objects: [], absent, wait: null });
    const dry = await run("apply", "-f", "-", "--dry-run");
    expect(JSON.parse(dry.out)).toMatchObject({ objects: [{}, {}], wait: null });
  });

  it("says why objects are not applied", async () => {
    const { url } = await startedLab();
    const apply = ["apply", "-f", "-", ...json, "--admin", url];
    const { code, out, err } = await cli(apply, { stdin: "routes/web: { rules: 7 }\n" });
    expect(code).toBe(1);
    expect(err).toMatch(/^error: routes\/web: rules: .*\nserin: nothing was written\n$/);
    const faults = [{ key: "routes/web", severity: "error", path: "rules" }];
    const failures = [{ detail: "nothing was written", faults }];
    expect(JSON.parse(out)).toMatchObject({ objects: [], failures, wait: null });
  });
});
