/** A slider and a number for each version. They say the same, to a hand and to a keyboard. */
import { useApp } from "../../app-context.ts";
import { Button } from "../../parts/button.tsx";
import { SplitBar, VersionName } from "../../parts/split-bar.tsx";
import { colourOf } from "../../version-colour.ts";
import { type Shares, typedShare, whole } from "./shares.ts";

export interface ShareSlidersProps {
  readonly shares: Shares;
  readonly onMove: (version: string, share: number) => void;
}

const perPercent = whole / 100;

export function ShareSliders({ shares, onMove }: ShareSlidersProps) {
  const { text, formats } = useApp();
  const versions = Object.keys(shares);
  const parts = versions.map((version) => ({
    version,
    percent: (shares[version] ?? 0) / perPercent,
  }));
  const isAlone = versions.length < 2 ? text.reasons.alone : null;
  return (
    <div class="sliders">
      <SplitBar parts={parts} size="large" />
      {parts.map(({ version, percent }) => (
        <div key={version} class={`slider v${colourOf(version, versions)}`}>
          <VersionName version={version} among={versions} />
          <input
            type="range"
            data-control="share-slider"
            min={0}
            max={100}
            step={1}
            value={Math.round(percent)}
            disabled={isAlone !== null}
            aria-label={text.weights.slider(version)}
            aria-valuetext={formats.percent(percent)}
            onInput={(event) => onMove(version, Number(event.currentTarget.value) * perPercent)}
          />
          <input
            type="number"
            data-control="share-number"
            min={0}
            max={100}
            step={0.01}
            value={percent}
            disabled={isAlone !== null}
            aria-label={text.weights.share(version)}
            onChange={(event) => {
              const share = typedShare(event.currentTarget.value);
              if (share === undefined) event.currentTarget.value = String(percent);
              else onMove(version, share);
            }}
          />
          <span aria-hidden="true">%</span>
          <Button
            kind="quiet"
            name="all-to"
            reason={isAlone}
            onPress={() => onMove(version, whole)}
          >
            {text.weights.toZero(version)}
          </Button>
        </div>
      ))}
    </div>
  );
}
