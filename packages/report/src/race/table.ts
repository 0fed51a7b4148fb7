import { format } from "../text/format.js";
import { type TextColumn, type TextTableOptions, type Tone, textTable } from "../text/table.js";
import type { RaceData, RaceRun } from "./data.js";

/** One line of the table of results. */
export interface RaceRow {
  readonly place: string;
  readonly label: string;
  readonly learningRate: string;
  /** What the landscape set of the other hyper-parameters; empty where nothing. */
  readonly setting: string;
  readonly finalValue: string;
  readonly distance: string;
  readonly firstStep: string;
  readonly state: string;
  readonly tone: Tone;
}

/** The runs from the lowest final value up; diverged ones last, the one that held out longest first. */
export function ranked<Run extends Pick<RaceRun, "outcome" | "finalValue">>(
  runs: readonly Run[],
): readonly Run[] {
  const key = (run: Run): readonly [number, number] =>
    run.outcome.kind === "diverged" ? [1, -run.outcome.step] : [0, run.finalValue];
  return [...runs].sort((a, b) => {
    const [classA, valueA] = key(a);
    const [classB, valueB] = key(b);
    return classA - classB || valueA - valueB;
  });
}

function learningRate({ learningRate: rate, learningRateIsFactor }: RaceRun): string {
  if (rate === undefined) return "none";
  return learningRateIsFactor === true ? `factor ${format.number(rate)}` : format.number(rate);
}

/** `beta1=0, beta2=0.05882`. */
export const formatSettings = (hyper: Readonly<Record<string, number>>): string =>
  Object.entries(hyper)
    .map(([name, value]) => `${name}=${format.number(value)}`)
    .join(", ");

/** Whether the landscape set hyper-parameters of any run. */
export const hasSettings = ({ runs }: RaceData): boolean =>
  runs.some(({ recommended = {} }) => Object.keys(recommended).length > 0);

/** The table of results as text cells, best first. */
export function raceRows(data: RaceData): readonly RaceRow[] {
  return ranked(data.runs).map((run, index) => {
    const { outcome } = run;
    const base = {
      place: String(index + 1),
      label: run.label,
      learningRate: learningRate(run),
      setting: formatSettings(run.recommended ?? {}),
      finalValue: format.number(run.finalValue),
      distance: format.number(run.distance),
      firstStep: outcome.kind === "solved" ? String(outcome.step) : "never",
    };
    if (outcome.kind === "diverged") {
      return { ...base, firstStep: "never", state: `diverged at step ${outcome.step}`, tone: "bad" };
    }
    if (outcome.kind === "unsolved") return { ...base, state: "still above", tone: "quiet" };
    const last = (run.gap[run.gap.length - 1] ?? Number.NaN) <= data.threshold;
    return { ...base, state: last ? "solved" : "was below, left again", tone: last ? "good" : "quiet" };
  });
}

/** Columns of a terminal below which the table has no distances. */
const narrow = 72;

/** The table of results for a terminal. */
export function raceTable(data: RaceData, options: TextTableOptions = {}): string {
  // Where the name would be cut, the distance goes: the value says nearly the same.
  const hasDistance = (options.width ?? Number.POSITIVE_INFINITY) >= narrow;
  const hasSetting = hasDistance && hasSettings(data);
  const columns: readonly TextColumn[] = [
    { title: "", align: "right" },
    { title: "optimizer", shrinks: true },
    { title: "lr", align: "right" },
    ...(hasSetting ? [{ title: "set by the landscape" } as const] : []),
    { title: "final value", align: "right" },
    ...(hasDistance ? [{ title: "distance", align: "right" } as const] : []),
    { title: `step under ${format.number(data.threshold)}`, align: "right" },
    { title: "state" },
  ];
  const rows = raceRows(data).map((row) => [
    row.place,
    row.label,
    row.learningRate,
    ...(hasSetting ? [row.setting] : []),
    row.finalValue,
    ...(hasDistance ? [row.distance] : []),
    row.firstStep,
    { text: row.state, tone: row.tone },
  ]);
  return textTable(columns, rows, options);
}
