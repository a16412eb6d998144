/** Rows as a table of Markdown, in columns as wide as their widest cell; the first row is the head. */
export function table([head, ...rows]) {
  const widths = head.map((_, at) =>
    Math.max(3, ...[head, ...rows].map((row) => width(row[at] ?? ""))),
  );
  const line = (row) =>
    `| ${widths.map((most, at) => (row[at] ?? "") + " ".repeat(most - width(row[at] ?? ""))).join(" | ")} |`;
  return [
    line(head),
    `| ${widths.map((most) => "-".repeat(most)).join(" | ")} |`,
    ...rows.map(line),
  ];
}

const width = (text) => [...text].length;
