import { describe, expect, it } from "vitest";
import { startAlertReceiver } from "../../../src/dev/alert-receiver.ts";

const alert = { id: "1-0", service: "web", severity: "error", title: "aborted (v2)", text: "why" };

describe("the receiver of the demo's alerts", () => {
  it("says each alert once, and nothing of what is none", async () => {
    const said: string[] = [];
    const receiver = await startAlertReceiver((line) => said.push(line));
    const post = async (body: string): Promise<number> =>
      (await fetch(receiver.url, { method: "POST", body })).status;
    expect(await post(JSON.stringify(alert))).toBe(204);
    expect(await post(JSON.stringify(alert))).toBe(204);
    expect(await post(JSON.stringify({ ...alert, id: "1-1", text: "" }))).toBe(204);
    expect(await post("not json")).toBe(204);
    expect(await post("x".repeat(100_000))).toBe(413);
    expect(said).toEqual(["[error] web: aborted (v2): why", "[error] web: aborted (v2)"]);
    await receiver.close();
    await expect(fetch(receiver.url)).rejects.toThrow();
  });
});
