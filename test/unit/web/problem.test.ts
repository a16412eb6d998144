import { describe, expect, it } from "vitest";
import { problemOf } from "../../../src/web/api/problem.ts";

describe("what the page shows of a request that failed", () => {
  it("is the problem that serin tells, with what it says of fields", () => {
    const said = { severity: "error", key: "weights/web", message: "no" };
    const members = { type: "urn:serin:problem:invalid-object", diagnostics: [said] };
    expect(problemOf({ kind: "problem", status: 422, detail: "not valid", members })).toEqual({
      status: 422,
      code: "invalid-object",
      detail: "not valid",
      diagnostics: [said],
      members,
    });
  });

  it("is no status of serin's where something else answers, or nobody does", () => {
    const what = "PUT /v1/plan answers 502 text/html";
    expect(problemOf({ kind: "notSerin", what })).toMatchObject({ status: 0, detail: what });
    expect(problemOf({ kind: "noAnswer", cause: undefined })).toMatchObject({
      status: 0,
      code: "no-answer",
    });
  });
});
