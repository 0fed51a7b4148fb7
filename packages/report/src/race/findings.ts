import { format } from "../text/format.js";
import type { RaceData, RaceRun } from "./data.js";
import { formatSettings, ranked } from "./table.js";

const list = (runs: readonly RaceRun[]): string => runs.map((run) => run.label).join(", ");

/** `a and b`, `a, b and c`. */
const joined = (runs: readonly RaceRun[]): string => `${list(runs.slice(0, -1))} and ${list(runs.slice(-1))}`;

/** What one-dimensional races show: who ends at the minimiser and who at the other end of the interval. */
function endsOfLine(data: RaceData, [low, high]: readonly [number, number]): readonly string[] {
  const near = 0.1 * (high - low);
  const minimiser = data.minimisers[0]?.[0] ?? low;
  const wrong = high - minimiser > minimiser - low ? high : low;
  const endingAt = (end: number): readonly RaceRun[] =>
    data.runs.filter(
      (run) =>
        run.outcome.kind !== "diverged" && Math.abs((run.x[run.x.length - 1] ?? Number.NaN) - end) <= near,
    );
  const sentence = (runs: readonly RaceRun[], place: string): readonly string[] =>
    runs.length === 0 ? [] : [`${list(runs)} ${runs.length === 1 ? "ends" : "end"} at ${place}.`];
  return [
    ...sentence(
      endingAt(minimiser),
      `the right end of the interval, the minimiser x = ${format.number(minimiser)}`,
    ),
    ...sentence(endingAt(wrong), `the wrong end, x = ${format.number(wrong)}`),
    ...lost(data),
  ];
}

/** Who left what numbers can hold, and why where only the method itself can be the reason. */
function lost({ runs, view }: RaceData): readonly string[] {
  const diverged = runs.filter((run) => run.outcome.kind === "diverged");
  // On an interval x stays bounded whatever a method does, and so do the gradients.
  const estimating = diverged.filter(
    ({ learningRateIsFactor }) => view.kind === "line" && learningRateIsFactor === true,
  );
  const others = diverged.filter((run) => !estimating.includes(run));
  const verb = (all: readonly RaceRun[]): string => (all.length === 1 ? "diverges" : "diverge");
  return [
    ...(others.length === 0 ? [] : [`${list(others)} ${verb(others)}.`]),
    ...(estimating.length === 0
      ? []
      : [`${list(estimating)} ${verb(estimating)}: the step-size estimate overflowed.`]),
  ];
}

const settings = (hyper: Readonly<Record<string, number>> = {}): string =>
  Object.keys(hyper).length === 0 ? "" : ` (${formatSettings(hyper)})`;

/** Who moves the point where a method does not take it, and whose path is an average: a sentence each. */
export function raceProvisos({ runs }: RaceData): readonly string[] {
  const replaced = runs.filter(({ companion }) => companion !== undefined);
  const averaging = runs.filter(({ averages }) => averages === true);
  return [
    ...(replaced.length === 0
      ? []
      : [
          `The point is no matrix, so the companion of a method on matrices moves it: ${replaced.map(({ label, companion, companionHyper }) => `${companion}${settings(companionHyper)} for ${label}`).join(", ")}.`,
        ]),
    ...(averaging.length === 0 ? [] : [`Shown at the average to evaluate with: ${list(averaging)}.`]),
  ];
}

/** What a race shows, a sentence each, from the results alone. */
export const raceFindings = (data: RaceData): readonly string[] => [...results(data), ...(data.notes ?? [])];

function results(data: RaceData): readonly string[] {
  if (data.view.kind === "line") return endsOfLine(data, data.view.bounds);
  const solved = data.runs.flatMap((run) =>
    run.outcome.kind === "solved" ? [{ run, step: run.outcome.step }] : [],
  );
  const first = solved.sort((a, b) => a.step - b.step)[0];
  const best = ranked(data.runs)[0];
  const lowest = data.runs.filter(
    (run) =>
      run.outcome.kind !== "diverged" &&
      format.number(run.finalValue) === format.number(best?.finalValue ?? Number.NaN),
  );
  const threshold = format.number(data.threshold);
  return [
    first === undefined
      ? `No optimizer comes within ${threshold} of the minimum in ${format.counted(data.steps, "step")}.`
      : `${solved.length} of ${data.runs.length} come within ${threshold} of the minimum, first ${first.run.label} at step ${format.count(first.step)}.`,
    ...(best === undefined || best.outcome.kind === "diverged"
      ? []
      : [
          lowest.length === 1
            ? `${best.label} ends lowest, at ${format.number(best.finalValue)}.`
            : `${joined(lowest)} tie for the lowest final value, ${format.number(best.finalValue)} to the digits shown.`,
        ]),
    ...lost(data),
  ];
}
