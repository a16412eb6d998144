/** Output that nobody reads any more, as in `serin get weights | head -1`. */

/** What a shell shows of a program that SIGPIPE ended, which Node ignores: 128 and the signal's number. */
export const closedPipeCode = 141;

/** The part of a stream of the process that is needed here. */
export interface OutputStream {
  on(event: "error", listener: (error: NodeJS.ErrnoException) => void): unknown;
}

/**
 * Ends the process quietly where a reader of its output has gone; with a sentence where the output cannot
 * be written for another reason, such as a full disk.
 */
export function endWhenClosed(
  streams: readonly OutputStream[],
  say: (line: string) => unknown,
  end: (code: number) => void,
): void {
  let isFailed = false;
  const failed = ({ code, message }: NodeJS.ErrnoException): void => {
    const isClosed = code === "EPIPE";
    // What says it may be the stream that fails.
    if (!isClosed && !isFailed) say(`serin: cannot write the output: ${message}\n`);
    isFailed = true;
    end(isClosed ? closedPipeCode : 1);
  };
  for (const stream of streams) stream.on("error", failed);
}
