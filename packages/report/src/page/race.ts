import type { ChartColours, ChartSpec } from "../chart/lineChart.js";
import type { ScaleKind } from "../chart/scales.js";
import type { RacePicture } from "../race/prepare.js";
import type { NumberFormat } from "../text/format.js";
import type { ChartPanels } from "./chartPanel.js";
import type { Dom } from "./dom.js";
import type { Legends } from "./legend.js";
import type { PlaneViews, RaceMoment } from "./planeView.js";
import type { Players } from "./player.js";

/** What {@link mountRace} needs of the page's program. */
export interface RaceParts {
  readonly dom: Dom;
  readonly format: NumberFormat;
  readonly colours: ChartColours;
  readonly chartPanels: ChartPanels;
  readonly legends: Legends;
  readonly planeViews: PlaneViews;
  readonly players: Players;
}

/** Brings the page of a race to life. */
export function mountRace(
  { dom, format, colours, chartPanels, legends, planeViews, players }: RaceParts,
  picture: RacePicture,
): void {
  const secondsAtSpeedOne = 12;
  let logSteps = false;
  // In one dimension all values are of one size, and runs that sit at the minimum would fill a logarithmic
  // axis with their zeros.
  let logGap = picture.view.kind === "plane";
  let emphasis: string | undefined;

  const field = dom.byId("field");
  const scrub = dom.byId("scrub");
  const play = dom.byId("play");
  const output = dom.byId("step");
  const speed = dom.byId("speed");
  if (!(scrub instanceof HTMLInputElement) || !(speed instanceof HTMLSelectElement)) {
    throw new Error("the page's transport is not what its script expects");
  }

  const legend = legends(
    dom.byId("legend"),
    picture.runs.map(({ label, style }) => ({ label, style })),
    {
      onToggle: () => redraw(),
      onHover: (label) => emphasise(label),
    },
  );

  const runs = () => picture.runs.filter((run) => !legend.hidden.has(run.label));
  const series = (values: "gap" | "x"): ChartSpec["series"] =>
    runs().map((run) => ({
      label: run.label,
      // Lines that fill the picture let the others through, until one asks for them.
      ...(run.oscillates ? { opacity: 0.1 } : {}),
      colour: `var(--series-${run.style.colour})`,
      dash: run.style.dash,
      // A logarithmic axis has no place for step 0; it begins with the first step.
      x: logSteps ? run.steps.map((step) => Math.max(step, 0.5)) : run.steps,
      y: run[values],
    }));
  const spec = (
    width: number,
    height: number,
    title: string,
    y: ChartSpec["y"],
    values: "gap" | "x",
    rules: ChartSpec["rules"] = [],
  ): ChartSpec => ({
    title,
    width,
    height,
    x: {
      label: "step k",
      scale: logSteps ? "log" : "linear",
      domain: logSteps ? [1, Math.max(2, picture.steps)] : [0, picture.steps],
    },
    y,
    series: series(values),
    rules,
    colours,
    ...(emphasis === undefined ? {} : { emphasis }),
  });
  const panelOptions = {
    xName: "step",
    dimAfterCursor: true,
    onHover: (label: string | undefined) => emphasise(label),
    onPick: (x: number) => player.seek(Math.round(x)),
  };
  const gapScale = (): ScaleKind => (logGap ? "log" : "linear");
  const gapChart = chartPanels(dom.byId("gap"), {
    ...panelOptions,
    spec: (width, height) =>
      spec(
        width,
        height,
        "f at step k minus the minimum, for each optimizer",
        {
          label: "f(xₖ) − f*",
          scale: gapScale(),
          domain: [logGap ? picture.gapDomain[0] : 0, picture.gapDomain[1]],
        },
        "gap",
        [{ value: picture.threshold, label: `threshold ${format.number(picture.threshold)}` }],
      ),
  });

  const { view } = picture;
  const plane =
    view.kind === "plane"
      ? planeViews(field, { picture, plane: view, onHover: (label) => emphasise(label) })
      : undefined;
  const line =
    view.kind === "line"
      ? chartPanels(field, {
          ...panelOptions,
          spec: (width, height) => {
            const [low, high] = view.bounds;
            const margin = 0.06 * (high - low);
            return spec(
              width,
              height,
              "x at step k, for each optimizer",
              { label: "xₖ", scale: "linear", domain: [low - margin, high + margin] },
              "x",
              picture.minimisers.map((minimiser) => ({
                value: minimiser[0] ?? Number.NaN,
                label: `minimiser ${format.number(minimiser[0] ?? Number.NaN)}`,
              })),
            );
          },
        })
      : undefined;
  dom.byId("zoom").hidden = plane === undefined;

  const player = players(picture.steps, secondsAtSpeedOne, () => show());

  /** The gap of a run at a step: that of the last kept point. */
  const gapAt = (run: RacePicture["runs"][number], step: number): number => {
    const index = run.steps.findLastIndex((kept) => kept <= step);
    return run.gap[Math.max(0, index)] ?? Number.NaN;
  };
  const show = (): void => {
    const { step } = player;
    const moment: RaceMoment = { step, hidden: legend.hidden, emphasis };
    plane?.show(moment);
    gapChart.cursor(logSteps ? Math.max(1, step) : step);
    line?.cursor(logSteps ? Math.max(1, step) : step);
    const whole = Math.round(step);
    scrub.value = String(whole);
    scrub.setAttribute("aria-valuetext", `step ${whole} of ${picture.steps}`);
    output.textContent = `${format.count(whole)} / ${format.count(picture.steps)}`;
    play.textContent = player.playing ? "❚❚ Pause" : "▶ Play";
    for (const run of picture.runs) {
      const over = run.diverged !== undefined && step >= run.diverged;
      legend.note(run.label, over ? "diverged" : format.number(gapAt(run, step), 2));
    }
  };
  const redraw = (): void => {
    gapChart.redraw();
    line?.redraw();
    show();
  };
  const emphasise = (label: string | undefined): void => {
    if (label === emphasis) return;
    emphasis = label;
    redraw();
  };

  const onClick = (id: string, act: () => void): void => dom.byId(id).addEventListener("click", act);
  const toggle = (id: string, flip: () => boolean): void => {
    const act = (): void => {
      dom.byId(id).setAttribute("aria-pressed", String(flip()));
      redraw();
    };
    onClick(id, act);
  };
  onClick("play", () => player.toggle());
  onClick("restart", () => player.restart());
  onClick("zoom-in", () => plane?.zoom(1.6));
  onClick("zoom-out", () => plane?.zoom(1 / 1.6));
  onClick("zoom-fit", () => plane?.fit());
  toggle("log-steps", () => (logSteps = !logSteps));
  toggle("log-gap", () => (logGap = !logGap));
  scrub.addEventListener("input", () => player.seek(Number(scrub.value)));
  speed.addEventListener("change", () => player.setSpeed(Number(speed.value)));

  const keys: Readonly<Record<string, (stride: number) => void>> = {
    " ": () => player.toggle(),
    ArrowLeft: (stride) => player.seek(Math.round(player.step) - stride),
    ArrowRight: (stride) => player.seek(Math.round(player.step) + stride),
    Home: () => player.seek(0),
    End: () => player.seek(picture.steps),
    r: () => player.restart(),
    l: () => dom.byId("log-steps").click(),
  };
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    // A focused control keeps the keys that are its own.
    if (event.target instanceof HTMLSelectElement) return;
    if (event.target instanceof HTMLButtonElement && event.key === " ") return;
    const act = keys[event.key];
    if (act === undefined) return;
    event.preventDefault();
    act(event.shiftKey ? Math.max(1, Math.round(picture.steps / 50)) : 1);
  });

  // A link may name the step to show: race.html#step=500.
  const asked = /^#step=(\d+)$/.exec(location.hash)?.[1];
  if (asked !== undefined) player.seek(Number(asked));
  else if (matchMedia("(prefers-reduced-motion: reduce)").matches) player.seek(picture.steps);
  else player.toggle();
}
