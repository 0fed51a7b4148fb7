import { escapeMarkup } from "../chart/node.js";

/** HTML that may be put into a page as it stands. Only `html`, `trusted` and joins of them make it. */
export class Markup {
  constructor(readonly text: string) {}
}

type Insertion = Markup | string | number | readonly (Markup | string)[];

const insert = (value: Insertion): string => {
  if (value instanceof Markup) return value.text;
  if (typeof value === "string" || typeof value === "number") return escapeMarkup(String(value));
  return value.map(insert).join("");
};

/** A template whose insertions are escaped unless they are markup themselves; lists are joined. */
export function html(strings: TemplateStringsArray, ...values: readonly Insertion[]): Markup {
  return new Markup(strings.reduce((text, part, index) => text + insert(values[index - 1] ?? "") + part));
}

/** Declares text to be markup: for what this package itself generated, e.g. SVG. */
export const trusted = (text: string): Markup => new Markup(text);

/**
 * JSON that is safe inside a `<script>` element: no `<`, so nothing can close the element or open a comment.
 */
export const embeddedJson = (data: unknown): string =>
  JSON.stringify(data)
    .replace(/</g, "\\u003c")
    .replace(/\u2028/g, "\\u2028")
    .replace(/\u2029/g, "\\u2029");

/** A table that scrolls by itself where it is wider than the page. */
export const scrolled = (label: string, table: Markup): Markup =>
  html`<div class="scroll" tabindex="0" role="region" aria-label="${label}">${table}</div>`;
