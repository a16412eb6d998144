import axe from "axe-core";
import type { Page } from "playwright-core";

interface AxeResults {
  readonly violations: readonly {
    readonly id: string;
    readonly impact: string | null;
    readonly nodes: readonly { readonly html: string; readonly failureSummary?: string }[];
  }[];
}

/** What axe finds of WCAG 2.1 A and AA, and of good practice, as sentences; the slight ones are left out. */
export async function seriousFindings(page: Page): Promise<readonly string[]> {
  // By the debugger, which the page's policy is not about.
  await page.evaluate(axe.source);
  const { violations } = await page.evaluate(async () => {
    const { axe } = globalThis as unknown as { axe: { run(): Promise<unknown> } };
    return (await axe.run()) as AxeResults;
  });
  return violations
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .flatMap(({ id, impact, nodes }) =>
      nodes.map(({ html, failureSummary = "" }) => `${impact} ${id}: ${html}\n${failureSummary}`),
    );
}
