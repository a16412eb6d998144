/** The part of `limits.ts` that is about who may use the admin API. Everything says `limits.access`. */
const mib = 1024 * 1024;

export const accessLimits = {
  access: {
    /** Bytes of the file of tokens, and tokens in it: each request is compared with all of them. */
    fileBytes: 1 * mib,
    tokens: 1_000,
    /** The file is read again this often, ms: so long a token that was taken out still opens. */
    readMs: 2_000,
    /** Characters of a token in a request; those that serin makes have 49. */
    tokenChars: 512,
    /** Between two log lines of refused requests, ms; those in between are counted. */
    logMs: 1_000,
    /** Characters of a path in such a line. */
    pathChars: 200,
    /** A handshake of TLS must be done within this, ms. */
    handshakeMs: 10_000,
  },
} as const;
