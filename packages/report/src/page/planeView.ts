import type { FieldColours } from "../chart/colour.js";
import type { Marker } from "../chart/palette.js";
import type { Scales } from "../chart/scales.js";
import type { PictureRun, PictureView, RacePicture } from "../race/prepare.js";
import type { NumberFormat } from "../text/format.js";
import type { Dom } from "./dom.js";

/** What of the race to show now. */
export interface RaceMoment {
  readonly step: number;
  readonly hidden: ReadonlySet<string>;
  readonly emphasis: string | undefined;
}

/** Contours with the runs' paths and heads, to zoom and to move. */
export interface PlaneView {
  show(moment: RaceMoment): void;
  /** Zooms by a factor about the middle. */
  zoom(factor: number): void;
  /** Back to the landscape's box. */
  fit(): void;
}

/** What a plane shows and whom it tells. */
export interface PlaneViewOptions {
  readonly picture: RacePicture;
  readonly plane: Extract<PictureView, { kind: "plane" }>;
  readonly onHover: (label: string | undefined) => void;
}

/** Puts a plane into an element. */
export type PlaneViews = (host: HTMLElement, options: PlaneViewOptions) => PlaneView;

/** Builds the planes. Self-contained, for a page's inline script. */
export function createPlaneViews({
  dom,
  scales,
  format,
  fieldColours,
}: {
  readonly dom: Dom;
  readonly scales: Scales;
  readonly format: NumberFormat;
  readonly fieldColours: FieldColours;
}): PlaneViews {
  const margin = { left: 46, right: 12, top: 12, bottom: 32 };
  const mostZoom = 400;
  type Point = readonly [number, number];

  /** Where a run is at a step: the index of the last kept point and the position, interpolated in time. */
  const positionAt = (run: PictureRun, step: number): { readonly index: number; readonly point: Point } => {
    let low = 0;
    let high = run.steps.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((run.steps[middle] ?? 0) <= step) low = middle;
      else high = middle - 1;
    }
    const at = (values: readonly number[]): number => {
      const here = values[low] ?? Number.NaN;
      const start = run.steps[low] ?? 0;
      const next = run.steps[low + 1];
      if (next === undefined) return here;
      return here + ((step - start) / (next - start)) * ((values[low + 1] ?? here) - here);
    };
    return { index: low, point: [at(run.x), at(run.y)] };
  };

  const traceMarker = (context: CanvasRenderingContext2D, marker: Marker, [x, y]: Point, r: number): void => {
    context.beginPath();
    if (marker === "circle") context.arc(x, y, r, 0, 2 * Math.PI);
    else if (marker === "square") context.rect(x - 0.85 * r, y - 0.85 * r, 1.7 * r, 1.7 * r);
    else {
      const corners: readonly Point[] =
        marker === "triangle"
          ? [
              [0, -1.2],
              [1.1, 0.8],
              [-1.1, 0.8],
            ]
          : [
              [0, -1.25],
              [1.25, 0],
              [0, 1.25],
              [-1.25, 0],
            ];
      for (const [dx, dy] of corners) context.lineTo(x + r * dx, y + r * dy);
      context.closePath();
    }
  };

  return (host, { picture, plane, onHover }) => {
    const field = dom.element("canvas", { "aria-hidden": "true" });
    const race = dom.element("canvas", {
      role: "img",
      "aria-label": `Paths on the contours of ${picture.title}`,
    });
    const tip = dom.element("div", { class: "tip", hidden: true });
    host.replaceChildren(field, race, tip);
    const contours = plane.contours.map((contour) => new Path2D(contour.path));

    const [[boxLeft, boxRight], [boxBottom, boxTop]] = plane.bounds;
    let view = { centreX: (boxLeft + boxRight) / 2, centreY: (boxBottom + boxTop) / 2, zoom: 1 };
    let moment: RaceMoment = { step: 0, hidden: new Set(), emphasis: undefined };
    let size = { width: 0, height: 0 };

    const spanX = (): number => (boxRight - boxLeft) / view.zoom;
    const spanY = (): number => (boxTop - boxBottom) / view.zoom;
    const inner = () => ({
      width: size.width - margin.left - margin.right,
      height: size.height - margin.top - margin.bottom,
    });
    const toPixels = ([x, y]: Point): Point => [
      margin.left + ((x - view.centreX) / spanX() + 0.5) * inner().width,
      margin.top + (0.5 - (y - view.centreY) / spanY()) * inner().height,
    ];
    const clipToPlot = (context: CanvasRenderingContext2D): void => {
      context.beginPath();
      context.rect(margin.left, margin.top, inner().width, inner().height);
      context.clip();
    };
    const prepare = (canvas: HTMLCanvasElement): CanvasRenderingContext2D | undefined => {
      const ratio = window.devicePixelRatio || 1;
      const width = Math.round(size.width * ratio);
      const height = Math.round(size.height * ratio);
      if (canvas.width !== width) canvas.width = width;
      if (canvas.height !== height) canvas.height = height;
      const context = canvas.getContext("2d");
      context?.setTransform(ratio, 0, 0, ratio, 0, 0);
      context?.clearRect(0, 0, size.width, size.height);
      return context ?? undefined;
    };

    const drawField = (): void => {
      const context = prepare(field);
      if (context === undefined) return;
      const [low, high, line] = [
        dom.variable("--field-low"),
        dom.variable("--field-high"),
        dom.variable("--field-line"),
      ];
      context.save();
      clipToPlot(context);
      const unit = 0.1;
      const [left, bottom] = toPixels([boxLeft, boxBottom]);
      const [right, top] = toPixels([boxRight, boxTop]);
      const scaleX = (unit * (right - left)) / plane.cells[0];
      const scaleY = (unit * (bottom - top)) / plane.cells[1];
      context.fillStyle = low;
      context.fillRect(left, top, right - left, bottom - top);
      context.translate(left, bottom);
      context.scale(scaleX, -scaleY);
      contours.forEach((path, index) => {
        context.fillStyle = fieldColours.band(low, high, index, contours.length);
        context.fill(path, "evenodd");
      });
      context.strokeStyle = line;
      context.lineWidth = 1 / Math.sqrt(scaleX * scaleY);
      contours.forEach((path, index) => {
        context.globalAlpha = fieldColours.lineOpacity(index, contours.length);
        context.stroke(path);
      });
      context.restore();

      const ink = dom.variable("--muted");
      context.strokeStyle = dom.variable("--line");
      context.strokeRect(margin.left, margin.top, inner().width, inner().height);
      context.fillStyle = ink;
      context.font = "12px system-ui, 'DejaVu Sans', sans-serif";
      context.textAlign = "center";
      const foot = margin.top + inner().height;
      const across = scales.scale("linear", [view.centreX - spanX() / 2, view.centreX + spanX() / 2]);
      for (const tick of across.ticks(inner().width / 60)) {
        context.fillText(tick.label, toPixels([tick.value, 0])[0], foot + 16);
      }
      context.fillText("x₁", margin.left + inner().width / 2, foot + 28);
      context.textAlign = "right";
      const up = scales.scale("linear", [view.centreY - spanY() / 2, view.centreY + spanY() / 2]);
      for (const tick of up.ticks(inner().height / 45)) {
        context.fillText(tick.label, margin.left - 7, toPixels([0, tick.value])[1] + 4);
      }
      context.textAlign = "left";
      context.fillText("x₂", 4, margin.top + inner().height / 2 - 14);
    };

    const drawRun = (context: CanvasRenderingContext2D, run: PictureRun): void => {
      const faded = moment.emphasis !== undefined && moment.emphasis !== run.label;
      const strong = moment.emphasis === run.label;
      const colour = dom.variable(`--series-${run.style.colour}`);
      const { index, point } = positionAt(run, moment.step);
      const head = toPixels(point);
      const trace = (from: number): void => {
        context.beginPath();
        for (let i = from; i <= index; i++) {
          const [x, y] = toPixels([run.x[i] ?? Number.NaN, run.y[i] ?? Number.NaN]);
          if (i === from) context.moveTo(x, y);
          else context.lineTo(x, y);
        }
        context.lineTo(...head);
        context.stroke();
      };
      context.strokeStyle = colour;
      context.lineJoin = "round";
      context.lineCap = "round";
      context.globalAlpha = faded ? 0.12 : strong ? 0.9 : 0.42;
      context.lineWidth = strong ? 2.6 : 1.5;
      context.setLineDash(run.style.dash === "" ? [] : run.style.dash.split(" ").map(Number));
      trace(0);
      context.setLineDash([]);
      if (!faded) {
        // The tail: the last tenth of the race so far, in pieces that overlap, so that it is strongest at the
        // head.
        for (const share of [0.1, 0.06, 0.03]) {
          context.globalAlpha = 0.34;
          context.lineWidth = strong ? 4.6 : 3.4;
          trace(positionAt(run, moment.step - share * picture.steps).index);
        }
      }
    };

    const drawHead = (context: CanvasRenderingContext2D, run: PictureRun): void => {
      const faded = moment.emphasis !== undefined && moment.emphasis !== run.label;
      const [x, y] = toPixels(positionAt(run, moment.step).point);
      const held: Point = [
        Math.min(margin.left + inner().width - 5, Math.max(margin.left + 5, x)),
        Math.min(margin.top + inner().height - 5, Math.max(margin.top + 5, y)),
      ];
      const outside = held[0] !== x || held[1] !== y;
      context.globalAlpha = faded ? 0.25 : 1;
      context.fillStyle = dom.variable(`--series-${run.style.colour}`);
      context.strokeStyle = dom.variable("--surface");
      context.lineWidth = 1.6;
      traceMarker(context, run.style.marker, held, moment.emphasis === run.label ? 8 : outside ? 4.5 : 6);
      context.fill();
      context.stroke();
      if (run.diverged !== undefined && moment.step >= run.diverged) {
        context.strokeStyle = dom.variable("--ink");
        context.beginPath();
        context.moveTo(held[0] - 5, held[1] - 5);
        context.lineTo(held[0] + 5, held[1] + 5);
        context.moveTo(held[0] + 5, held[1] - 5);
        context.lineTo(held[0] - 5, held[1] + 5);
        context.stroke();
      }
    };

    const drawMarks = (context: CanvasRenderingContext2D): void => {
      context.globalAlpha = 1;
      context.strokeStyle = dom.variable("--ink");
      context.lineWidth = 2;
      for (const minimiser of picture.minimisers) {
        const [x, y] = toPixels([minimiser[0] ?? Number.NaN, minimiser[1] ?? Number.NaN]);
        context.beginPath();
        for (let arm = 0; arm < 3; arm++) {
          const angle = (arm * Math.PI) / 3 + Math.PI / 6;
          context.moveTo(x - 8 * Math.cos(angle), y - 8 * Math.sin(angle));
          context.lineTo(x + 8 * Math.cos(angle), y + 8 * Math.sin(angle));
        }
        context.stroke();
      }
      const [startX, startY] = toPixels([picture.start[0] ?? Number.NaN, picture.start[1] ?? Number.NaN]);
      context.beginPath();
      context.arc(startX, startY, 6, 0, 2 * Math.PI);
      context.stroke();
    };

    const drawRace = (): void => {
      const context = prepare(race);
      if (context === undefined) return;
      context.save();
      clipToPlot(context);
      drawMarks(context);
      const visible = picture.runs.filter((run) => !moment.hidden.has(run.label));
      // The emphasised run last, on top of the others.
      const ordered = [...visible].sort(
        (a, b) => Number(a.label === moment.emphasis) - Number(b.label === moment.emphasis),
      );
      for (const run of ordered) drawRun(context, run);
      for (const run of ordered) drawHead(context, run);
      context.restore();
    };

    const redraw = (): void => {
      size = { width: host.clientWidth, height: host.clientHeight };
      if (inner().width < 20 || inner().height < 20) return;
      drawField();
      drawRace();
    };
    const moveTo = (centreX: number, centreY: number, zoom: number): void => {
      const held = Math.min(mostZoom, Math.max(1, zoom));
      const slackX = ((boxRight - boxLeft) * (1 - 1 / held)) / 2;
      const slackY = ((boxTop - boxBottom) * (1 - 1 / held)) / 2;
      const middleX = (boxLeft + boxRight) / 2;
      const middleY = (boxBottom + boxTop) / 2;
      view = {
        zoom: held,
        centreX: Math.min(middleX + slackX, Math.max(middleX - slackX, centreX)),
        centreY: Math.min(middleY + slackY, Math.max(middleY - slackY, centreY)),
      };
      redraw();
    };

    /** The run whose path so far passes nearest to a place on the canvas, within reach of a pointer. */
    const nearest = (
      x: number,
      y: number,
    ): { readonly run: PictureRun; readonly index: number } | undefined => {
      let best: { readonly run: PictureRun; readonly index: number } | undefined;
      let reach = 14;
      for (const run of picture.runs) {
        if (moment.hidden.has(run.label)) continue;
        const last = positionAt(run, moment.step).index;
        for (let index = 0; index <= last; index++) {
          const [left, top] = toPixels([run.x[index] ?? Number.NaN, run.y[index] ?? Number.NaN]);
          const distance = Math.hypot(left - x, top - y);
          if (distance < reach) {
            reach = distance;
            best = { run, index };
          }
        }
      }
      return best;
    };
    race.addEventListener("pointermove", (event) => {
      if (event.buttons === 1 && event.pointerType === "mouse") {
        moveTo(
          view.centreX - (event.movementX / inner().width) * spanX(),
          view.centreY + (event.movementY / inner().height) * spanY(),
          view.zoom,
        );
        return;
      }
      const box = race.getBoundingClientRect();
      const [x, y] = [event.clientX - box.left, event.clientY - box.top];
      const found = nearest(x, y);
      onHover(found?.run.label);
      tip.hidden = found === undefined;
      if (found === undefined) return;
      const { run, index } = found;
      tip.textContent = `${run.label}: step ${run.steps[index] ?? 0}, f − f* ${format.number(run.gap[index] ?? Number.NaN)}`;
      tip.style.left = `${Math.max(0, Math.min(x + 14, size.width - tip.offsetWidth - 4))}px`;
      tip.style.top = `${Math.max(0, y - 38)}px`;
    });
    race.addEventListener("pointerleave", () => {
      tip.hidden = true;
      onHover(undefined);
    });
    // Only a pinch or Ctrl + wheel zooms, so that the page still scrolls over the picture.
    race.addEventListener(
      "wheel",
      (event) => {
        if (!event.ctrlKey) return;
        event.preventDefault();
        moveTo(view.centreX, view.centreY, view.zoom * Math.exp(-event.deltaY / 200));
      },
      { passive: false },
    );
    dom.onAppearance(host, redraw);
    redraw();
    return {
      show(next) {
        moment = next;
        drawRace();
      },
      zoom: (factor) => moveTo(view.centreX, view.centreY, view.zoom * factor),
      fit: () => moveTo(0, 0, 1),
    };
  };
}
