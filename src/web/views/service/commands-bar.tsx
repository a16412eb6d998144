/** What one can say to a release, each behind a confirmation that says what it means. */
import { useState } from "preact/hooks";
import type { ServiceSummary } from "../../../api/services.ts";
import { useApp, useRoleReason } from "../../app-context.ts";
import { Button } from "../../parts/button.tsx";
import { authorQuery } from "../../write/author.ts";
import { WriteDialog } from "../../write/write-dialog.tsx";
import { type Command, type Offer, offersFor, sayingOf } from "./commands.ts";

const dangerous: readonly Command[] = ["full", "abort", "undo"];

export function Commands({ summary }: { readonly summary: ServiceSummary }) {
  const { api, text, me } = useApp();
  const role = useRoleReason("operator");
  const [asked, setAsked] = useState<Command>();
  const { service, release, guard } = summary;
  const offers = offersFor(release, guard);
  // A service that nothing is wrong with and that is not in release has nothing to be told.
  if (offers.every(({ why }) => why === "noRelease")) return null;
  const what = release === null ? service : text.release.from(release.stable, release.canary);
  const write = (command: Command, why: string) => {
    const { said, full } = sayingOf(command);
    const query = { ...authorQuery(me, why), ...(full && { full }) };
    const params = { service, command: said };
    return api.call("PUT /v1/rollouts/{service}/{command}", { params, query });
  };
  return (
    <>
      {/* biome-ignore lint/a11y/useSemanticElements: a fieldset is for fields of a form */}
      <div class="commands" role="group" aria-label={text.commands.label}>
        {offers.map((offer) => (
          <Button
            key={offer.command}
            name={`command-${offer.command}`}
            kind={kindOf(offer)}
            reason={role ?? (offer.why && text.reasons[offer.why])}
            onPress={() => setAsked(offer.command)}
          >
            {text.commands[offer.command]}
          </Button>
        ))}
      </div>
      {asked !== undefined && (
        <WriteDialog
          title={text.commands.ask[asked](what)}
          confirm={text.commands[asked]}
          danger={dangerous.includes(asked)}
          write={(why) => write(asked, why)}
          onClose={() => setAsked(undefined)}
        >
          <p>{text.commands.means[asked]}</p>
        </WriteDialog>
      )}
    </>
  );
}

function kindOf({ command, first }: Offer): "plain" | "first" | "danger" {
  if (first) return command === "abort" ? "danger" : "first";
  return "plain";
}
