import { displayWidth } from "./width.js";

/**
 * A text in lines of at most `width` columns, each after the indent, broken at spaces; a longer word gets a
 * line of its own.
 */
export function wrap(text: string, width: number, indent = ""): string {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    const longer = line === "" ? word : `${line} ${word}`;
    if (line !== "" && displayWidth(indent) + displayWidth(longer) > width) {
      lines.push(indent + line);
      line = word;
    } else line = longer;
  }
  return [...lines, indent + line].join("\n");
}
