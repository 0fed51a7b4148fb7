import type { SvgNode } from "../chart/node.js";
import type { SeriesStyle } from "../chart/palette.js";
import type { Dom } from "./dom.js";

/** One series as the legend shows it. */
export interface LegendItem {
  readonly label: string;
  readonly style: SeriesStyle;
}

/** A list of buttons that show and hide series. */
export interface Legend {
  /** Labels that are switched off. */
  readonly hidden: ReadonlySet<string>;
  /** Shows a short text beside a label. */
  note(label: string, text: string): void;
}

/** Whom a legend tells what its reader does. */
export interface LegendEvents {
  readonly onToggle: () => void;
  readonly onHover: (label: string | undefined) => void;
}

/** Puts a legend into an element. */
export type Legends = (host: HTMLElement, items: readonly LegendItem[], events: LegendEvents) => Legend;

/** Builds the legends. Self-contained, for a page's inline script. */
export function createLegends({
  dom,
  swatch,
}: {
  readonly dom: Dom;
  readonly swatch: (style: SeriesStyle) => SvgNode;
}): Legends {
  return (host, items, { onToggle, onHover }) => {
    const hidden = new Set<string>();
    const notes = new Map<string, HTMLElement>();
    const buttons = new Map<string, HTMLElement>();
    let tapped: string | undefined;
    const refresh = (): void => {
      for (const [label, button] of buttons) button.setAttribute("aria-pressed", String(!hidden.has(label)));
      onToggle();
    };
    const entries = items.map(({ label, style }) => {
      const note = dom.element("span", { class: "note" });
      const button = dom.element(
        "button",
        {
          type: "button",
          "aria-pressed": "true",
          title: `${label}: point to see it before the others, click to hide or show, double-click to see it alone`,
        },
        dom.svg(swatch(style)),
        dom.element("span", {}, label),
        note,
      );
      notes.set(label, note);
      buttons.set(label, button);
      button.addEventListener("click", (event) => {
        // A finger cannot point without a click: the first tap shows the series before the others, a tap on
        // it as it is shown hides it.
        if (event instanceof PointerEvent && event.pointerType === "touch" && tapped !== label) {
          tapped = label;
          onHover(label);
          return;
        }
        tapped = undefined;
        if (!hidden.delete(label)) {
          hidden.add(label);
          // Nothing fades for the sake of what is not there.
          onHover(undefined);
        }
        refresh();
      });
      button.addEventListener("dblclick", () => {
        const alone = hidden.size === items.length - 1 && !hidden.has(label);
        hidden.clear();
        if (!alone) for (const item of items) if (item.label !== label) hidden.add(item.label);
        refresh();
      });
      button.addEventListener("pointerenter", ({ pointerType }) => {
        if (pointerType !== "touch") onHover(label);
      });
      button.addEventListener("pointerleave", ({ pointerType }) => {
        if (pointerType !== "touch") onHover(undefined);
      });
      button.addEventListener("focus", () => {
        if (button.matches(":focus-visible")) onHover(label);
      });
      button.addEventListener("blur", () => {
        tapped = undefined;
        onHover(undefined);
      });
      return dom.element("li", {}, button);
    });
    host.replaceChildren(...entries);
    return {
      hidden,
      note(label, text) {
        const note = notes.get(label);
        if (note !== undefined) note.textContent = text;
      },
    };
  };
}
