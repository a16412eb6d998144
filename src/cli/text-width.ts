/**
 * How many columns of a terminal a text takes: two for what is written in East Asia and for emoji, none for what
 * joins the character before it. https://www.unicode.org/reports/tr11/
 */

/** The ranges of East Asian Width W and F, without those that no font has yet. */
const wide =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97c\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff01-\uff60\uffe0-\uffe6\u{16fe0}-\u{18d08}\u{1aff0}-\u{1b2fb}\u{20000}-\u{3fffd}]|\p{Emoji_Presentation}/u;

const joining = /[\p{Mn}\p{Me}\p{Cf}]/u;

const isNarrow = (text: string): boolean => /^[\x20-\x7e]*$/.test(text);

export function textWidth(text: string): number {
  if (isNarrow(text)) return text.length;
  let width = 0;
  for (const character of text) width += widthOf(character);
  return width;
}

/** The longest beginning of it that takes at most so many columns. */
export function beginning(text: string, columns: number): string {
  let [taken, width] = ["", 0];
  for (const character of text) {
    width += widthOf(character);
    if (width > columns) break;
    taken += character;
  }
  return taken;
}

function widthOf(character: string): number {
  if (joining.test(character)) return 0;
  return wide.test(character) ? 2 : 1;
}
