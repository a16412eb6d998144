/** Events as bytes. */
import type { EventBodies, EventName } from "../../api/events.ts";

const utf8 = new TextEncoder();

/** https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream */
export const eventBytes = <N extends EventName>(name: N, body: EventBodies[N]): Uint8Array =>
  utf8.encode(`event: ${name}\ndata: ${JSON.stringify(body)}\n\n`);

/** A comment, by which both sides see that the other one is there. */
export const beatBytes: Uint8Array = utf8.encode(":\n\n");
