/** docs/metrics.md with its table of metrics made of what the registry has; the rest is written by hand. */
import { table } from "./page-table.mjs";

const begin = "<!-- made by `npm run docs:reference`: do not edit -->\n\n";

export async function metricsPage(text, registry) {
  const metrics = (await registry.getMetricsAsJSON()).filter(({ name }) =>
    name.startsWith("serin_"),
  );
  const rows = metrics.map(({ name, type, help }) => {
    const { labelNames } = registry.getSingleMetric(name);
    const labels = [...labelNames].sort().map((label) => `\`${label}\``);
    return [`\`${name}\``, type, labels.join(", "), help.replaceAll("|", "\\|")];
  });
  const made = table([["metric", "kind", "labels", "meaning"], ...rows]).join("\n");
  const from = text.indexOf(begin) + begin.length;
  const to = text.indexOf("\n\n", from);
  if (from < begin.length) throw new Error("docs/metrics.md has lost the line before its table");
  return text.slice(0, from) + made + text.slice(to);
}
