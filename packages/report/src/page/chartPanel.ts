import type { ChartSeries, ChartSpec, Charts, LineChart } from "../chart/lineChart.js";
import type { NumberFormat } from "../text/format.js";
import type { Dom } from "./dom.js";

/** What a panel shows and whom it tells. */
export interface ChartPanelOptions {
  /** The chart for the size at hand; asked again at every redraw. */
  readonly spec: (width: number, height: number) => ChartSpec;
  /** Called with the label of the series nearest to the pointer, and undefined when it leaves. */
  readonly onHover?: (label: string | undefined) => void;
  /** Called with the x value that is clicked or dragged to. */
  readonly onPick?: (x: number) => void;
  /** What x counts, e.g. `step`. */
  readonly xName: string;
  /** Whether what lies beyond the cursor is dimmed, as not having happened yet. */
  readonly dimAfterCursor?: boolean;
}

/**
 * A live chart: redraws to its size, shows a cursor with a dot on every line, names the line under the
 * pointer.
 */
export interface ChartPanel {
  redraw(): void;
  /** Moves the cursor to an x value; undefined takes it away. */
  cursor(x: number | undefined): void;
}

/** Puts a live chart into an element. */
export type ChartPanels = (host: HTMLElement, options: ChartPanelOptions) => ChartPanel;

/** Builds the panels. Self-contained, for a page's inline script. */
export function createChartPanels({
  dom,
  charts,
  format,
}: {
  readonly dom: Dom;
  readonly charts: Charts;
  readonly format: NumberFormat;
}): ChartPanels {
  /** The line's height at x, linear between its points; NaN outside them. */
  const heightAt = (series: ChartSeries, x: number): number => {
    const { x: xs, y: ys } = series;
    let low = 0;
    let high = xs.length - 1;
    const first = xs[low];
    const last = xs[high];
    if (first === undefined || last === undefined || x < first || x > last) return Number.NaN;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if ((xs[middle] ?? 0) <= x) low = middle;
      else high = middle;
    }
    const left = xs[low] ?? 0;
    const right = xs[high] ?? 0;
    const start = ys[low] ?? Number.NaN;
    const end = ys[high] ?? Number.NaN;
    if (right === left || x >= right) return end;
    return x <= left ? start : start + ((x - left) / (right - left)) * (end - start);
  };

  return (host, options) => {
    const overlay = dom.svg({
      tag: "svg",
      attributes: { class: "overlay", width: "100%", height: "100%" },
      children: [],
    });
    const tip = dom.element("div", { class: "tip", hidden: true });
    let chart: LineChart | undefined;
    let series: readonly ChartSeries[] = [];
    let cursorX: number | undefined;

    const cursor = (x: number | undefined): void => {
      cursorX = x;
      overlay.replaceChildren();
      if (chart === undefined || x === undefined) return;
      const { plot } = chart;
      const position = chart.x.position(x);
      const left =
        plot.left + Math.min(1, Math.max(0, Number.isFinite(position) ? position : 0)) * plot.width;
      const draw = (tag: string, attributes: Readonly<Record<string, string | number>>): void =>
        overlay.append(dom.svg({ tag, attributes, children: [] }));
      if (options.dimAfterCursor === true) {
        draw("rect", {
          x: left,
          y: plot.top,
          width: plot.left + plot.width - left,
          height: plot.height,
          fill: "var(--surface)",
          "fill-opacity": 0.8,
        });
      }
      draw("line", {
        x1: left,
        x2: left,
        y1: plot.top,
        y2: plot.top + plot.height,
        stroke: "var(--muted)",
        "stroke-opacity": 0.7,
      });
      for (const line of series) {
        const up = chart.y.position(heightAt(line, x));
        if (!(up >= -0.01 && up <= 1.01)) continue;
        draw("circle", {
          cx: left,
          cy: plot.top + (1 - up) * plot.height,
          r: 4,
          fill: line.colour,
          stroke: "var(--surface)",
          "stroke-width": 1.5,
        });
      }
    };

    const redraw = (): void => {
      const { clientWidth, clientHeight } = host;
      if (clientWidth < 60 || clientHeight < 60) return;
      const spec = options.spec(clientWidth, clientHeight);
      series = spec.series;
      chart = charts.lineChart(spec);
      host.replaceChildren(dom.svg(chart.node), overlay, tip);
      cursor(cursorX);
    };

    const at = (
      event: PointerEvent,
    ): { readonly x: number; readonly left: number; readonly top: number } | undefined => {
      if (chart === undefined) return undefined;
      const box = host.getBoundingClientRect();
      const left = event.clientX - box.left;
      const position = (left - chart.plot.left) / chart.plot.width;
      return { x: chart.x.invert(Math.min(1, Math.max(0, position))), left, top: event.clientY - box.top };
    };
    const leave = (): void => {
      tip.hidden = true;
      options.onHover?.(undefined);
    };
    host.addEventListener("pointermove", (event) => {
      const here = at(event);
      if (chart === undefined || here === undefined) return;
      if (event.buttons === 1) options.onPick?.(here.x);
      let nearest: { readonly line: ChartSeries; readonly y: number; readonly distance: number } | undefined;
      for (const line of series) {
        const y = heightAt(line, here.x);
        const distance = Math.abs(chart.plot.top + (1 - chart.y.position(y)) * chart.plot.height - here.top);
        if (distance < (nearest?.distance ?? 28)) nearest = { line, y, distance };
      }
      if (nearest === undefined) return leave();
      tip.textContent = `${nearest.line.label}: ${format.number(nearest.y)} at ${options.xName} ${format.number(here.x, 3)}`;
      tip.hidden = false;
      const limit = host.clientWidth - tip.offsetWidth - 4;
      tip.style.left = `${Math.max(0, Math.min(here.left + 14, limit))}px`;
      tip.style.top = `${Math.max(0, here.top - 40)}px`;
      options.onHover?.(nearest.line.label);
    });
    host.addEventListener("pointerdown", (event) => {
      const here = at(event);
      if (here !== undefined) options.onPick?.(here.x);
    });
    host.addEventListener("pointerleave", leave);
    dom.onAppearance(host, redraw);
    redraw();
    return { redraw, cursor };
  };
}
