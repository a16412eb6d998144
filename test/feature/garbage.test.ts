import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { garbage, wellFormed } from "../support/garbage.ts";
import { seed } from "../support/seed.ts";
import { eventually } from "../support/wait.ts";
import { CDS, type DeltaClient, type DeltaResponse, EDS, LDS, RDS } from "./client.ts";
import { type Content, Lab, web } from "./support.ts";

/** One object of each kind, besides the service that must not notice. */
const objects: Content = {
  // With TLS, clients of gRPC would be spoken of.
  "services/junk": { ...(wellFormed["services/web"] as object), tls: undefined },
  "endpoints/junk/a": wellFormed["endpoints/web/a"],
  "endpoints/junk/b": { address: "10.0.0.3:80", version: "v2" },
  "weights/junk": wellFormed["weights/web"],
  "routes/junk": { ...(wellFormed["routes/web"] as object), hostnames: ["junk", "*.junk"] },
  "gateways/junk": wellFormed["gateways/edge"],
  "rollouts/junk": wellFormed["rollouts/web"],
  "secrets/edge": wellFormed["secrets/edge"],
  "resources/*/clusters/junk": { lb_policy: "RANDOM", connect_timeout: "2s" },
};

const subscriptions: readonly (readonly [string, readonly string[]])[] = [
  [CDS, []],
  [EDS, ["web/v1", "web/v2", "junk/v1", "junk/v2"]],
  [LDS, ["*", "web"]],
  [RDS, ["default/http", "web"]],
];

/** What a proxy holds that takes everything: versions by type and name. */
class Mirror {
  readonly held = new Map<string, string>();
  readonly touched = new Set<string>();

  constructor(client: DeltaClient) {
    client.call.on("data", (message: object) => {
      const response = message as DeltaResponse;
      for (const { name, version } of response.resources ?? []) {
        this.held.set(`${response.type_url} ${name}`, version);
        this.touched.add(name);
      }
      for (const name of response.removed_resources ?? []) {
        this.held.delete(`${response.type_url} ${name}`);
        this.touched.add(name);
      }
      client.ack(response);
    });
    for (const [typeUrl, names] of subscriptions) client.subscribe(typeUrl, names);
  }
}

/** Everything that the views hold, by bytes. */
function served(lab: Lab): ReadonlyMap<string, string> {
  const all = new Map<string, string>();
  for (const view of lab.app.views()) {
    for (const table of view.tables()) {
      for (const { name, version, any } of table.resources()) {
        const key = `${view.key} ${table.typeUrl} ${name}`;
        all.set(key, `${version} ${Buffer.from(any).toString("base64")}`);
      }
    }
  }
  return all;
}

/**
 * What is served of the service that must not notice: the same in every view. A route of others may
 * name a subset of it that is not there (`web/1`), which comes and goes and is not looked at.
 */
const ofWeb = (all: ReadonlyMap<string, string>): readonly string[] => {
  const seen = new Set<string>();
  for (const [key, bytes] of all) {
    const [, typeUrl, name = ""] = key.split(" ");
    if (/^web(?:\/v[12])?$/.test(name)) seen.add(`${typeUrl} ${name} ${bytes}`);
  }
  return [...seen].toSorted();
};

describe(`garbage in the store of a whole server (FC_SEED=${seed})`, () => {
  const lab = new Lab({ ...web, ...objects });
  let mirror: Mirror;
  /** Of the objects as they should be: steps of the release that this version has not. */
  let atRest: ReturnType<typeof doubts>;
  const doubts = () => lab.app.diagnostics().map(({ revision: _, ...rest }) => rest);
  beforeAll(async () => {
    await lab.start();
    atRest = doubts();
    expect(atRest.map(({ severity }) => severity)).not.toContain("error");
    mirror = new Mirror(lab.delta("envoy-1"));
    await eventually(() => mirror.held.size >= 8, { what: "the first resources" });
  });
  afterAll(() => lab.close());

  /** Puts `value` and takes it away again; gives whether it was refused. */
  async function assault(key: string, value: unknown, remove: boolean): Promise<boolean> {
    const before = served(lab);
    const revision = await lab.put({
      [key]: value instanceof Uint8Array || typeof value === "string" ? value : [value],
    });
    const errors = lab.app
      .diagnostics()
      .filter((one) => one.severity === "error" && one.key === key);
    for (const one of errors) {
      expect(one).toMatchObject({ key, revision });
      expect(one.message).toMatch(/^[^\n]{5,}$/);
    }
    const during = served(lab);
    if (errors.length > 0) expect(during).toEqual(before);
    else expect(ofWeb(during)).toEqual(ofWeb(before));
    if (remove) await lab.put({ [key]: undefined });
    await lab.put({ [key]: objects[key] });
    expect(doubts()).toEqual(atRest);
    return errors.length > 0;
  }

  it.each(Object.keys(objects))(
    "%s: is refused with a reason, and harms nothing",
    async (key) => {
      const webBefore = ofWeb(served(lab));
      let refused = 0;
      const property = fc.asyncProperty(
        garbage(objects[key]),
        fc.boolean(),
        async (value, remove) => {
          if (await assault(key, value, remove)) refused += 1;
        },
      );
      await fc.assert(property, { seed, numRuns: 834, endOnFailure: true });
      expect(refused).toBeGreaterThan(250);
      expect(ofWeb(served(lab))).toEqual(webBefore);
    },
    120_000,
  );

  it("the proxy was never sent a resource of the other service, and holds the end state", async () => {
    mirror.touched.clear();
    await assault("services/junk", "{", true);
    expect([...mirror.touched].filter((name) => name.startsWith("web"))).toEqual([]);
    const [view] = lab.app.views().filter((one) => one.key === "all:default");
    const expected = [...mirror.held.keys()].map((key) => {
      const [typeUrl = "", name = ""] = key.split(" ");
      return [
        key,
        view
          ?.tables()
          .find((one) => one.typeUrl === typeUrl)
          ?.get(name)?.version,
      ];
    });
    expect(Object.fromEntries(mirror.held)).toEqual(Object.fromEntries(expected));
  });
});
