import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { run, succeeds } from "./command.ts";

const forwarding = "/proc/sys/net/ipv4/ip_forward";
const timeoutMs = 20_000;

/**
 * dockerd leaves its firewall chains, its bridge and IP forwarding behind. The returned function
 * puts the machine's network back as it is now, unless Docker was at work here before.
 */
export async function rememberNetwork(): Promise<() => Promise<void>> {
  if (await hasBridge()) return async () => undefined;
  const rules = await run("iptables-save", [], { timeoutMs });
  const forward = readFileSync(forwarding, "utf8");
  return async () => {
    if (await hasBridge()) await run("ip", ["link", "delete", "docker0"], { timeoutMs });
    await restoreRules(rules);
    writeFileSync(forwarding, forward);
  };
}

const hasBridge = (): Promise<boolean> =>
  succeeds("ip", ["link", "show", "docker0"], { timeoutMs });

async function restoreRules(rules: string): Promise<void> {
  // A table that was not in use then has no lines, and would keep what came since.
  const emptied = ["filter", "nat"]
    .filter((table) => !rules.includes(`*${table}\n`))
    .map((table) => {
      const chains =
        table === "nat"
          ? ["PREROUTING", "INPUT", "OUTPUT", "POSTROUTING"]
          : ["INPUT", "FORWARD", "OUTPUT"];
      return `*${table}\n${chains.map((chain) => `:${chain} ACCEPT [0:0]\n`).join("")}COMMIT\n`;
    });
  const folder = mkdtempSync(join(tmpdir(), "serin-firewall-"));
  try {
    const file = join(folder, "rules");
    writeFileSync(file, rules + emptied.join(""));
    await run("iptables-restore", [file], { timeoutMs });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
