import { afterEach, describe, expect, it } from "vitest";
import { type AdminLab, adminLab, webObjects } from "../../support/admin.ts";
import { cli } from "../../support/cli.ts";

let lab: AdminLab | undefined;
afterEach(async () => {
  await lab?.close();
  lab = undefined;
});

const sick = {
  "127.0.0.1:8082": {
    sinceMs: 1_700_000_000_000,
    kind: "answer",
    reason: "GET /health answers 503",
  },
};

/** `notProbed`: as the prober says it. */
async function start(notProbed: string | undefined): Promise<AdminLab> {
  lab = await adminLab({
    objects: { ...webObjects, "status/health/web": { sick, operation: "1" } },
  });
  await lab.app.started;
  lab.app.controlledBy({
    guards: () => ({ leads: false, looks: [] }),
    holds: () => undefined,
    lostAlerts: () => 0,
    notProbed: () => notProbed,
  });
  return lab;
}

const spaced = (text: string): string => text.replaceAll(/ +/g, " ");

describe("serin health", () => {
  it("shows who is sick, since when and why", async () => {
    const { url } = await start(undefined);
    const { code, out } = await cli(["health", "web", "--admin", url]);
    expect(code).toBe(0);
    expect(spaced(out)).toBe(
      "INSTANCE ADDRESS VERSION VERDICT SINCE WHY\n" +
        "a 127.0.0.1:8081 v1 well - -\n" +
        "b 127.0.0.1:8082 v2 sick 2023-11-14T22:13:20Z GET /health answers 503\n",
    );
  });

  it("says why nobody is probed, and that nothing is known then", async () => {
    const { url } = await start("no gRPC client asks for it");
    const { out } = await cli(["health", "web", "--admin", url]);
    expect(spaced(out)).toContain("serin does not probe web: no gRPC client asks for it\n");
    expect(spaced(out)).toContain("a 127.0.0.1:8081 v1 unknown - -\n");
  });

  it("gives the same as JSON", async () => {
    const { url } = await start(undefined);
    const { out } = await cli(["health", "web", "-o", "json", "--admin", url]);
    expect(JSON.parse(out)).toMatchObject({
      ...{ service: "web", notProbed: null },
      instances: [
        { id: "a", verdict: "well", since: null, reason: null },
        { id: "b", verdict: "sick", since: "2023-11-14T22:13:20.000Z" },
      ],
    });
  });

  it("refuses a service that is not there, and a name that is none", async () => {
    const { url, get } = await start(undefined);
    expect((await cli(["health", "shop", "--admin", url])).err).toContain("no service shop");
    expect((await cli(["health", "-x-"])).code).toBe(2);
    expect((await get("/v1/health/-x-")).status).toBe(400);
  });
});

describe("a replica that does not serve yet", () => {
  it("says so of any service", async () => {
    lab = await adminLab();
    await lab.app.started;
    const { json } = await lab.get("/v1/health/web");
    expect(json.notProbed).toBe("this replica does not serve yet");
  });
});
