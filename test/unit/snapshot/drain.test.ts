import { describe, expect, it } from "vitest";
import { drained, type Lookup } from "../../../src/snapshot/drain.ts";
import { makeResource, type Reference, type Resource } from "../../../src/snapshot/resource.ts";
import { typeUrls } from "../../../src/snapshot/type-url.ts";
import { CDS, EDS, LDS, RDS, resource } from "./resources.ts";

const cluster = (name: string): Reference => ({ typeUrl: CDS, name });
const needing = (one: Resource, ...needs: readonly Reference[]): Resource => ({ ...one, needs });

const http = resource(LDS, "edge/http", "", ["edge/http"]);
const tcp = needing(resource(LDS, "edge/tcp"), cluster("db"));
const world: readonly Resource[] = [
  resource(RDS, "edge/http", "", ["web", "both"]),
  resource(CDS, "web", "", ["web"]),
  needing(resource(CDS, "both"), cluster("web"), cluster("spare")),
  needing(resource(CDS, "spare", "", ["spare"]), { typeUrl: typeUrls.secret, name: "key" }),
  resource(CDS, "db", "", ["db"]),
  resource(EDS, "spare"),
];
const lookup: Lookup = (typeUrl, name) =>
  world.find((one) => one.typeUrl === typeUrl && one.name === name);
const found = (before: Resource, after: Resource | undefined): readonly string[] =>
  [...drained([before], () => after, lookup)]
    .map((key) => key.slice(key.lastIndexOf(".") + 1).replace("\0", " "))
    .toSorted();

const ofHttp = [
  "Cluster both",
  "Cluster spare",
  "Cluster web",
  "ClusterLoadAssignment spare",
  "ClusterLoadAssignment web",
  "Secret key",
];
const ofTcp = ["Cluster db", "ClusterLoadAssignment db"];

describe("drained", () => {
  it("is all that the routes of a removed listener need", () => {
    expect(found(http, undefined)).toEqual(ofHttp);
  });

  it("is what a removed or changed listener of TCP names itself", () => {
    expect(found(tcp, undefined)).toEqual(ofTcp);
    expect(found(tcp, resource(LDS, "edge/tcp", "!"))).toEqual(ofTcp);
  });

  it("is nothing where the listener goes on naming its routes, or nothing changed", () => {
    expect(found(http, resource(LDS, "edge/http", "!", ["edge/http"]))).toEqual([]);
    expect(found(http, resource(LDS, "edge/http", "!", ["other"]))).toEqual(ofHttp);
    expect(found(tcp, { ...tcp })).toEqual([]);
  });

  it("is nothing for gRPC clients, whose listeners are fetched by name", () => {
    const any = Buffer.from("");
    const web = makeResource({
      typeUrl: LDS,
      name: "web",
      any,
      wildcard: false,
      references: ["edge/http"],
    });
    expect(found(web, undefined)).toEqual([]);
  });
});
