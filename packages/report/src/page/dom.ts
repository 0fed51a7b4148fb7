import type { SvgNode } from "../chart/node.js";

/** Values of element attributes; `false` leaves the attribute out, `true` sets it empty. */
export type Attributes = Readonly<Record<string, string | number | boolean>>;

/** Building and finding elements. Text only ever becomes text: no part of a page parses markup from data. */
export interface Dom {
  element<Tag extends keyof HTMLElementTagNameMap>(
    tag: Tag,
    attributes?: Attributes,
    ...children: readonly (Node | string)[]
  ): HTMLElementTagNameMap[Tag];
  svg(node: SvgNode): SVGElement;
  /** The element with an id; the page's own markup must hold it. */
  byId(id: string): HTMLElement;
  /** The value of a CSS variable under the current theme. */
  variable(name: string): string;
  /** Calls back now and whenever the size of an element or the colour theme changes. */
  onAppearance(element: Element, draw: () => void): void;
}

/** Builds the access to the page's elements. Self-contained, for a page's inline script. */
export function createDom(): Dom {
  const set = (element: Element, attributes: Attributes): void => {
    for (const [name, value] of Object.entries(attributes)) {
      if (value !== false) element.setAttribute(name, value === true ? "" : String(value));
    }
  };
  const element: Dom["element"] = (tag, attributes = {}, ...children) => {
    const made = document.createElement(tag);
    set(made, attributes);
    made.append(...children);
    return made;
  };
  const svg = (node: SvgNode): SVGElement => {
    const made = document.createElementNS("http://www.w3.org/2000/svg", node.tag);
    const { xmlns: _namespace, ...attributes } = node.attributes;
    set(made, attributes);
    made.append(...node.children.map((child) => (typeof child === "string" ? child : svg(child))));
    return made;
  };
  const byId = (id: string): HTMLElement => {
    const found = document.getElementById(id);
    if (found === null) throw new Error(`the page has no element #${id}`);
    return found;
  };
  const variable = (name: string): string =>
    getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const onAppearance = (host: Element, draw: () => void): void => {
    new ResizeObserver(draw).observe(host);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
  };
  return { element, svg, byId, variable, onAppearance };
}
