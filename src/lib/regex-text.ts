/** `text` as a regular expression of RE2 that matches it, and nothing else. */
export const regexText = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&");
