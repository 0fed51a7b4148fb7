import { chartRoot } from "../chart/chartRoot.js";
import { charts, scales } from "../chart/charts.js";
import { fieldColours } from "../chart/colour.js";
import { type SvgNode, svgText } from "../chart/node.js";
import { palette } from "../chart/palette.js";
import { type ThemeName, themes } from "../chart/theme.js";
import { generator, markPng } from "../generator.js";
import { format } from "../text/format.js";
import type { RaceData } from "./data.js";
import { type PictureRun, type PictureView, type RacePicture, racePicture } from "./prepare.js";
import { ranked } from "./table.js";

/** How a still picture looks. */
export interface RaceSvgOptions {
  /** Colours of the picture; light by default. */
  readonly theme?: ThemeName;
}

type Attributes = Readonly<Record<string, string | number>>;
const node = (
  tag: string,
  attributes: Attributes,
  children: readonly (SvgNode | string)[] = [],
): SvgNode => ({
  tag,
  attributes,
  children,
});

const width = 1200;
const height = 640;
const panel = { left: 56, top: 74, width: 560, height: 510 };
const side = { left: 650, width: 530, chartTop: 66, chartHeight: 330, legendTop: 420, rowHeight: 25 };

/** Contours, paths and heads in the box. */
function planePanel(
  picture: RacePicture,
  view: Extract<PictureView, { kind: "plane" }>,
  name: ThemeName,
): SvgNode {
  const theme = themes[name];
  const [[x0, x1], [y0, y1]] = view.bounds;
  const left = (x: number): number => Math.round(((x - x0) / (x1 - x0)) * panel.width * 10) / 10;
  const top = (y: number): number => Math.round((1 - (y - y0) / (y1 - y0)) * panel.height * 10) / 10;
  const scaleX = panel.width / view.cells[0] / 10;
  const scaleY = panel.height / view.cells[1] / 10;
  const count = view.contours.length;
  const contours = view.contours.map(({ path }, index) =>
    node("path", {
      d: path,
      "fill-rule": "evenodd",
      fill: fieldColours.band(theme["field-low"], theme["field-high"], index, count),
      stroke: theme["field-line"],
      "stroke-opacity": fieldColours.lineOpacity(index, count),
      "stroke-width": 1 / Math.sqrt(scaleX * scaleY),
    }),
  );
  const colourOf = (run: PictureRun): string => palette[name][run.style.colour] ?? theme.ink;
  const paths = picture.runs.map((run) =>
    node("polyline", {
      points: run.x.map((x, index) => `${left(x)},${top(run.y[index] ?? Number.NaN)}`).join(" "),
      fill: "none",
      stroke: colourOf(run),
      "stroke-width": 2.2,
      "stroke-linejoin": "round",
      "stroke-opacity": 0.85,
      ...(run.style.dash === "" ? {} : { "stroke-dasharray": run.style.dash }),
    }),
  );
  const heads = picture.runs.map((run) =>
    node("circle", {
      cx: left(run.x.at(-1) ?? Number.NaN),
      cy: top(run.y.at(-1) ?? Number.NaN),
      r: 6,
      fill: colourOf(run),
      stroke: theme.surface,
      "stroke-width": 2,
    }),
  );
  const marks = picture.minimisers.map(([x = Number.NaN, y = Number.NaN]) =>
    node("path", {
      d: `M${left(x)} ${top(y) - 9}v18m-7.8 -13.5l15.6 9m0 -9l-15.6 9`,
      stroke: theme.ink,
      "stroke-width": 2.2,
    }),
  );
  const [startX = Number.NaN, startY = Number.NaN] = picture.start;
  const ticks = [
    ...scales
      .scale("linear", view.bounds[0])
      .ticks(6)
      .map(({ value, label }) => ({
        label,
        x: panel.left + left(value),
        y: panel.top + panel.height + 20,
        anchor: "middle",
      })),
    ...scales
      .scale("linear", view.bounds[1])
      .ticks(6)
      .map(({ value, label }) => ({
        label,
        x: panel.left - 8,
        y: panel.top + top(value) + 4,
        anchor: "end",
      })),
  ];
  return node("g", {}, [
    node(
      "svg",
      { x: panel.left, y: panel.top, width: panel.width, height: panel.height, overflow: "hidden" },
      [
        node("rect", { width: panel.width, height: panel.height, fill: theme["field-low"] }),
        node("g", { transform: `translate(0 ${panel.height}) scale(${scaleX} ${-scaleY})` }, contours),
        ...marks,
        ...paths,
        node("circle", {
          cx: left(startX),
          cy: top(startY),
          r: 6.5,
          fill: "none",
          stroke: theme.ink,
          "stroke-width": 2.2,
        }),
        ...heads,
      ],
    ),
    node("rect", {
      x: panel.left,
      y: panel.top,
      width: panel.width,
      height: panel.height,
      fill: "none",
      stroke: theme.line,
    }),
    ...ticks.map(({ label, x, y, anchor }) =>
      node("text", { x, y, "text-anchor": anchor, "font-size": 13, fill: theme.muted }, [label]),
    ),
  ]);
}

/**
 * A still picture of a race, complete in itself: paths over contours (or over the steps), the gap over the
 * steps, the names.
 */
export function raceSvg(data: RaceData, options: RaceSvgOptions = {}): string {
  const name = options.theme ?? "light";
  const theme = themes[name];
  const picture = racePicture(data);
  const { view } = picture;
  const colourOf = (run: PictureRun): string => palette[name][run.style.colour] ?? theme.ink;
  const chart = (
    title: string,
    size: { readonly width: number; readonly height: number },
    values: "gap" | "x",
  ): SvgNode =>
    charts.lineChart({
      title,
      ...size,
      x: { label: "step k", scale: "linear", domain: [0, picture.steps] },
      y:
        values === "gap"
          ? view.kind === "plane"
            ? { label: "f(xₖ) − f*", scale: "log", domain: picture.gapDomain }
            : { label: "f(xₖ) − f*", scale: "linear", domain: [0, picture.gapDomain[1]] }
          : { label: "xₖ", scale: "linear", ...(view.kind === "line" ? { domain: view.bounds } : {}) },
      series: picture.runs.map((run) => ({
        label: run.label,
        ...(run.oscillates ? { opacity: 0.1 } : {}),
        colour: colourOf(run),
        dash: run.style.dash,
        x: run.steps,
        y: run[values],
      })),
      rules:
        values === "gap"
          ? [{ value: picture.threshold, label: `threshold ${format.number(picture.threshold)}` }]
          : [],
      colours: theme,
    }).node;
  const placed = (left: number, top: number, child: SvgNode): SvgNode =>
    node("g", { transform: `translate(${left} ${top})` }, [child]);
  const text = (content: string, attributes: Attributes): SvgNode =>
    node("text", { fill: theme.ink, ...attributes }, [content]);

  const order = new Map(picture.runs.map((run) => [run.label, run]));
  const perColumn = Math.ceil(data.runs.length / 2);
  const legend = ranked(data.runs).flatMap(({ label, finalValue, outcome }, index) => {
    const run = order.get(label);
    if (run === undefined) return [];
    const left = side.left + 12 + Math.floor(index / perColumn) * (side.width / 2);
    const top = side.legendTop + (index % perColumn) * side.rowHeight;
    const dash = run.style.dash === "" ? {} : { "stroke-dasharray": run.style.dash };
    const value = outcome.kind === "diverged" ? "diverged" : format.number(finalValue, 2);
    return [
      node("path", { d: `M${left} ${top - 5}h30`, stroke: colourOf(run), "stroke-width": 3, ...dash }),
      node("circle", { cx: left + 15, cy: top - 5, r: 5, fill: colourOf(run) }),
      text(label, { x: left + 40, y: top, "font-size": 15 }),
      text(value, {
        x: left + side.width / 2 - 26,
        y: top,
        "font-size": 14,
        "text-anchor": "end",
        fill: theme.muted,
      }),
    ];
  });
  const main =
    view.kind === "plane"
      ? planePanel(picture, view, name)
      : placed(8, panel.top - 12, chart("x at step k", { width: 620, height: 560 }, "x"));
  return svgText(
    chartRoot(
      { label: `${data.title}: a race of ${format.counted(data.runs.length, "optimizer")}`, width, height },
      [
        node("metadata", {}, [generator]),
        node("rect", { width, height, rx: 14, fill: theme.surface }),
        text(data.title, { x: panel.left, y: 46, "font-size": 25, "font-weight": 700 }),
        text(
          `${format.counted(data.runs.length, "optimizer")}, ${format.counted(data.steps, "step")}; final values below`,
          {
            x: side.left + 12,
            y: 46,
            "font-size": 15,
            fill: theme.muted,
          },
        ),
        main,
        placed(
          side.left,
          side.chartTop,
          chart("gap", { width: side.width, height: side.chartHeight }, "gap"),
        ),
        ...legend,
      ],
    ),
  );
}

/** The still picture as PNG, twice the size of the SVG. Fonts are those of the system. */
export async function racePng(data: RaceData, options: RaceSvgOptions = {}): Promise<Uint8Array> {
  // Loaded here, so that a command that draws no PNG does not load the native library.
  const { Resvg } = await import("@resvg/resvg-js");
  const image = new Resvg(raceSvg(data, options), {
    fitTo: { mode: "width", value: 2 * width },
    font: { loadSystemFonts: true, defaultFontFamily: "DejaVu Sans" },
  });
  return markPng(image.render().asPng());
}
