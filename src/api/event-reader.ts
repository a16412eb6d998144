/**
 * Takes a text/event-stream apart, chunk by chunk, for the page and the command line alike. They read it by
 * fetch, since an EventSource cannot send a bearer token. https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream
 */

export interface StreamEvent {
  readonly event: string;
  readonly data: string;
}

/** Returns the events that a chunk completes; a comment completes none. */
export function createEventReader(): (chunk: string) => readonly StreamEvent[] {
  let rest = "";
  let event = "";
  let data: string[] = [];

  const takeLine = (line: string): StreamEvent | undefined => {
    if (line === "") {
      const done =
        data.length === 0 ? undefined : { event: event || "message", data: data.join("\n") };
      event = "";
      data = [];
      return done;
    }
    const colon = line.indexOf(":");
    const field = colon === -1 ? line : line.slice(0, colon);
    const value = colon === -1 ? "" : line.slice(colon + 1).replace(/^ /, "");
    if (field === "event") event = value;
    if (field === "data") data.push(value);
    return undefined;
  };

  return (chunk) => {
    // serin ends lines by LF; CRLF may come of a proxy in between.
    const lines = (rest + chunk).split(/\r?\n/);
    rest = lines.pop() ?? "";
    return lines.flatMap((line) => takeLine(line) ?? []);
  };
}
