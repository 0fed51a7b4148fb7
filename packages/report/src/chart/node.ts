/** An SVG element as plain data: written as text by `svgText`, made into live elements by a page's script. */
export interface SvgNode {
  readonly tag: string;
  readonly attributes: Readonly<Record<string, string | number>>;
  readonly children: readonly (SvgNode | string)[];
}

const replacements: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** Text made safe inside elements and quoted attributes of HTML and SVG. */
export const escapeMarkup = (text: string): string =>
  text.replace(/[&<>"']/g, (character) => replacements[character] ?? character);

/** The SVG text of a node, everything escaped. */
export function svgText(node: SvgNode): string {
  const attributes = Object.entries(node.attributes)
    .map(([name, value]) => ` ${name}="${escapeMarkup(String(value))}"`)
    .join("");
  const children = node.children
    .map((child) => (typeof child === "string" ? escapeMarkup(child) : svgText(child)))
    .join("");
  return `<${node.tag}${attributes}>${children}</${node.tag}>`;
}
