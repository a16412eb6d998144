/**
 * Nominal types: a `Brand<string, "ServiceName">` is a string that only the place which checked it
 * can make. Brands are given in decode; everywhere else they are only passed on.
 */
declare const brand: unique symbol;

/** A `T` that only its maker can make; it is a plain `T` for whoever reads it. */
export type Brand<T, N extends string> = T & { readonly [brand]: N };
