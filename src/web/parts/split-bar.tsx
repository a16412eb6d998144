/** How a service's traffic divides: a bar, and the same in words beside it. */
import { useApp } from "../app-context.ts";
import { colourOf } from "../version-colour.ts";

export interface SplitBarProps {
  readonly parts: readonly { readonly version: string; readonly percent: number }[];
  readonly size?: "small" | "large";
}

export function SplitBar({ parts, size = "small" }: SplitBarProps) {
  const { text, formats } = useApp();
  const versions = parts.map(({ version }) => version);
  const shown = parts.filter(({ percent }) => percent > 0);
  const words = parts.map(({ version, percent }) => `${version} ${formats.percent(percent)}`);
  return (
    <div
      class={`split-bar ${size}`}
      role="img"
      aria-label={text.service.splitNow(words.join(", "))}
    >
      {shown.map(({ version, percent }) => (
        <span
          key={version}
          class={`part v${colourOf(version, versions)}`}
          style={{ flexGrow: percent }}
        >
          <span class="part-label">{`${version} ${formats.percent(percent)}`}</span>
        </span>
      ))}
    </div>
  );
}

/** The name of a version with its colour and its pattern. */
export function VersionName({
  version,
  among,
}: {
  readonly version: string;
  readonly among: readonly string[];
}) {
  return (
    <span class={`version v${colourOf(version, among)}`}>
      <svg viewBox="0 0 18 10" width="18" height="10" aria-hidden="true">
        <path class="swatch" d="M1 5h16" />
      </svg>
      {version}
    </span>
  );
}
