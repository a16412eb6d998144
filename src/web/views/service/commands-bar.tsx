/** What one can say to a release, each behind a confirmation that says what it means. */
import { useState } from "preact/hooks";
import type { ServiceSummary } from "../../../api/services.ts";
import { useApp, useRoleReason } from "../../app-context.ts";
import { Button } from "../../parts/button.tsx";
import { authorQuery } from "../../write/author.ts";
import { WriteDialog } from "../../write/write-dialog.tsx";
import { type Command, type Offer, offersFor, sayingOf } from "./commands.ts";

const dangerous: readonly Command[] = ["full", "abort", "undo"];

/** What is asked about, as it was shown when the button was pressed. */
interface Asking {
  readonly command: Command;
  readonly summary: ServiceSummary;
}

export function Commands({ summary }: { readonly summary: ServiceSummary }) {
  const { text } = useApp();
  const role = useRoleReason("operator");
  const [asking, setAsking] = useState<Asking>();
  const offers = offersFor(summary.release, summary.guard);
  // A service that nothing is wrong with and that is not in release has nothing to be told.
  const isIdle = offers.every(({ why }) => why === "noRelease");
  return (
    <>
      {!isIdle && (
        // biome-ignore lint/a11y/useSemanticElements: a fieldset is for fields of a form
        <div
          class="commands"
          role="group"
          aria-label={text.commands.label}
          data-state={summary.state}
        >
          {offers.map((offer) => (
            <Button
              key={offer.command}
              name={`command-${offer.command}`}
              kind={kindOf(offer)}
              reason={role ?? (offer.why && text.reasons[offer.why])}
              onPress={() => setAsking({ command: offer.command, summary })}
            >
              {text.commands[offer.command]}
            </Button>
          ))}
        </div>
      )}
      {asking !== undefined && <Asked {...asking} onClose={() => setAsking(undefined)} />}
    </>
  );
}

function Asked({ command, summary, onClose }: Asking & { onClose(): void }) {
  const { api, text, me } = useApp();
  const { service, release, state } = summary;
  const what = release === null ? service : text.release.from(release.stable, release.canary);
  const write = (why: string) => {
    const { said, full } = sayingOf(command);
    const query = { ...authorQuery(me, why), expected: state, ...(full && { full }) };
    const params = { service, command: said };
    return api.call("PUT /v1/rollouts/{service}/{command}", { params, query });
  };
  return (
    <WriteDialog
      title={text.commands.ask[command](what)}
      confirm={text.commands[command]}
      danger={dangerous.includes(command)}
      write={write}
      onClose={onClose}
    >
      <p>{text.commands.means[command]}</p>
    </WriteDialog>
  );
}

function kindOf({ command, first }: Offer): "plain" | "first" | "danger" {
  if (first) return command === "abort" ? "danger" : "first";
  return "plain";
}
