/** By kind: a key, and its value in YAML. */
export const samples: Readonly<Record<string, { readonly key: string; readonly value: string }>>;
