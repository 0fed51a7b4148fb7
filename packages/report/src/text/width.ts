/** Marks that combine with the character before them take no column of a terminal. */
const zeroWidth = /^[\p{Mn}\p{Me}\p{Cf}]$/u;

/** East Asian wide and full-width blocks and pictographs take two columns (Unicode Standard Annex 11). */
const wide =
  /^(?:[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|[\u{1f300}-\u{1f64f}\u{1f680}-\u{1f6ff}\u{1f900}-\u{1f9ff}\u{20000}-\u{3fffd}])$/u;

/** Columns that a character takes on a terminal. */
const characterWidth = (character: string): number =>
  zeroWidth.test(character) ? 0 : wide.test(character) ? 2 : 1;

/** Columns that a text takes on a terminal: combining marks take none, wide characters two. */
export function displayWidth(text: string): number {
  let width = 0;
  for (const character of text) width += characterWidth(character);
  return width;
}

/** The text cut to a number of terminal columns, its last one an ellipsis where something was cut. */
export function truncate(text: string, columns: number): string {
  if (displayWidth(text) <= columns) return text;
  let kept = "";
  let width = 0;
  for (const character of text) {
    const next = width + characterWidth(character);
    if (next > columns - 1) break;
    kept += character;
    width = next;
  }
  return columns < 1 ? "" : `${kept}…`;
}
