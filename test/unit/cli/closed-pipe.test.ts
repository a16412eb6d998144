import { spawn } from "node:child_process";
import { EventEmitter, once } from "node:events";
import { describe, expect, it } from "vitest";
import { endWhenClosed } from "../../../src/cli/closed-pipe.ts";

describe("output that nobody reads", () => {
  it("ends the process without a word", { timeout: 60_000 }, async () => {
    const child = spawn(process.execPath, ["--import", "tsx", "src/main.ts", "serve", "--help"], {
      stdio: ["ignore", "pipe", "pipe"],
    });
    child.stdout.destroy();
    let said = "";
    child.stderr.on("data", (chunk: Buffer) => {
      said += chunk.toString();
    });
    const [code] = await once(child, "close");
    expect({ code, said }).toEqual({ code: 141, said: "" });
  });

  it("says once why else it could not be written, and ends with 1", () => {
    const [out, err] = [new EventEmitter(), new EventEmitter()];
    const said: string[] = [];
    const codes: number[] = [];
    endWhenClosed(
      [out, err],
      (line) => said.push(line),
      (code) => codes.push(code),
    );
    const full = Object.assign(new Error("ENOSPC: no space left on device"), { code: "ENOSPC" });
    out.emit("error", full);
    err.emit("error", full);
    expect(said).toEqual(["serin: cannot write the output: ENOSPC: no space left on device\n"]);
    expect(codes).toEqual([1, 1]);
  });
});
