import pino from "pino";
import { expect, it } from "vitest";
import { startAdminServer } from "../../src/admin/server.ts";
import { limits } from "../../src/config/limits.ts";
import { createMetrics } from "../../src/observe/metrics.ts";
import { changePlan } from "../../src/plan/change-plan.ts";
import { loopbackPort } from "../support/access.ts";
import { unwrap } from "../support/binaries.ts";
import { cli } from "../support/cli.ts";
import { CDS, EDS, LDS, namesOf, RDS } from "./client.ts";
import { bytesOf, defaultGateway, type Lab, web, withLab } from "./support.ts";

/** Story against the admin API of a whole server. */
async function withAdmin(lab: Lab, story: (url: string) => Promise<void>): Promise<void> {
  const logger = pino({ level: "silent" });
  const admin = unwrap(await startAdminServer(lab.app, loopbackPort(), createMetrics(), logger));
  try {
    await story(`http://${admin.address.host}:${admin.address.port}`);
  } finally {
    await admin.close();
  }
}

it("what plan foretells is what a proxy gets by apply, no less and no more", () =>
  withLab(web, (lab) =>
    withAdmin(lab, async (url) => {
      const client = lab.delta("edge-1");
      await client.fetch(CDS);
      await client.fetch(EDS, ["web/v1", "web/v2"]);
      await client.fetch(LDS);
      await client.fetch(RDS, ["default/http"]);

      const wanted = {
        "weights/web": { v1: 80, v2: 10, v3: 10 },
        "endpoints/web/c": { address: "10.0.0.3:8080", version: "v3" },
      };
      const there = await lab.store.list("");
      if (!there.ok) throw new Error(there.error.message);
      const values = Object.entries(wanted).map(([key, value]) => [key, bytesOf(value)] as const);
      const plan = changePlan(there.value, new Map(values), { defaultGateway });
      const foretold = (type: string, kind: "added" | "changed"): readonly string[] =>
        plan.resources.filter((one) => one.type === type).flatMap((one) => one[kind]);

      const stdin = JSON.stringify(wanted);
      const applied = await cli(["apply", "-f", "-", "--admin", url], { stdin });
      expect(applied).toMatchObject({ code: 0, err: "" });
      lab.clock.advance(limits.pipeline.quietMs);

      const clusters = await client.accept(CDS);
      expect(namesOf(clusters)).toEqual(foretold("CDS", "added"));
      client.subscribe(EDS, ["web/v3"]);
      const rest = new Map<string, readonly string[]>();
      while (rest.size < 2) {
        const response = await client.response();
        client.ack(response);
        rest.set(response.type_url ?? "", namesOf(response));
      }
      expect(rest.get(EDS)).toEqual(foretold("EDS", "added"));
      // The other one is for gRPC clients, which this proxy is none of.
      expect([...(rest.get(RDS) ?? []), "web"]).toEqual(foretold("RDS", "changed"));
      expect(plan.resources.map(({ type }) => type)).toEqual(["RDS", "CDS", "EDS", "RDS"]);
      expect(plan.weights).toEqual([
        {
          service: "web",
          before: { v1: 90, v2: 10 },
          after: { v1: 80, v2: 10, v3: 10 },
        },
      ]);
    }),
  ));
