/** How far the proxies are with a write, as a bar and in words; screen readers hear it when it changes. */
import { useApp } from "../app-context.ts";
import type { Acknowledged } from "./acknowledge.ts";

export function AcknowledgedNote({ said }: { readonly said: Acknowledged | undefined }) {
  const { text, formats } = useApp();
  const words = (): string => {
    if (said === undefined) return text.page.loading;
    const total = formats.count(said.total);
    if (said.kind === "all")
      return said.total === 0 ? text.write.noProxies : text.write.allAcked(total);
    const count = formats.count(said.count);
    if (said.kind === "rejected") return text.write.rejected(count, total);
    return said.kind === "late" ? text.write.late(count, total) : text.write.acked(count, total);
  };
  const isBad = said?.kind === "rejected" || said?.kind === "late";
  const done = said?.kind === "all" ? said.total : (said?.count ?? 0);
  return (
    <div class="acknowledged">
      <p role="status" class={isBad ? "bad-text" : ""} data-acknowledged={said?.kind ?? "asking"}>
        {words()}
      </p>
      {said !== undefined && said.total > 0 && (
        <progress max={said.total} value={done} aria-hidden="true" />
      )}
      {isBad && <a href="#/proxies">{text.write.toProxies}</a>}
    </div>
  );
}
