import { Validator } from "@seriousme/openapi-schema-validator";
import { describe, expect, it } from "vitest";
import { openApiDocument } from "../../../src/api/openapi.ts";
import { toldOperations } from "../../../src/api/told-operations.ts";

const document = JSON.parse(JSON.stringify(openApiDocument("1.2.3")));

describe("the OpenAPI document", () => {
  it("is one of OpenAPI 3.1", async () => {
    const validated = await new Validator().validate(structuredClone(document));
    expect(validated).toEqual({ valid: true });
    expect(document.openapi).toMatch(/^3\.1\./);
    expect(document.info.version).toBe("1.2.3");
  });

  it("has every operation under a name of its own", () => {
    const ids = Object.values<Record<string, { operationId: string }>>(document.paths)
      .flatMap((methods) => Object.values(methods))
      .map(({ operationId }) => operationId);
    expect(ids.toSorted()).toEqual(toldOperations.map(({ id }) => id).toSorted());
    expect(new Set(ids).size).toBe(ids.length);
  });

  it("names every parameter of a path, and nothing that is not there", () => {
    for (const { path, ...operation } of toldOperations) {
      const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
      const params = Object.keys(operation.params?.shape ?? {});
      expect(params, path).toEqual(inPath);
    }
    const text = JSON.stringify(document);
    const names = [...text.matchAll(/"\$ref":"#\/components\/schemas\/([^"]+)"/g)];
    expect(names.length).toBeGreaterThan(50);
    const missing = names.filter(([, name = ""]) => !(name in document.components.schemas));
    expect(missing).toEqual([]);
    expect(text).not.toContain("$defs");
  });

  it("says who may, what may go wrong, and how writes are guarded", () => {
    const { put, get } = document.paths["/v1/weights/{service}"];
    expect(put["x-serin-role"]).toBe("operator");
    expect(put.security).toEqual([{ bearer: [] }]);
    expect(put.parameters).toContainEqual(
      expect.objectContaining({ name: "if-match", in: "header", required: false }),
    );
    expect(put.responses[412].content).toHaveProperty(["application/problem+json"]);
    expect(put.requestBody.content).toHaveProperty(["application/yaml"]);
    expect(get.responses[200].headers.etag.required).toBe(true);
    expect(document.paths["/healthz"].get.security).toEqual([]);
    const { put: any } = document.paths["/v1/objects/routes/{name}"];
    expect(any["x-serin-role"]).toBe("admin");
    expect(document.paths["/v1/objects/weights/{service}"].put["x-serin-role"]).toBe("operator");
    expect(document.components.schemas).toHaveProperty(["objects.routes"]);
  });
});
