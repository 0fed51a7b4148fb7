import { clockReadings } from "../rules/clock.js";
import type { WorkloadTarget } from "../rules/ruleset.js";
import { createLineReader, longestLine } from "./lines.js";
import { checkUnits, valueCheck } from "./units.js";
import type { ByteSink } from "./visitor.js";

/** Something about a log, and where in its file (lines count from 1, the header is the first). */
export interface Remark {
  readonly line?: number;
  readonly text: string;
}

/** An evaluation that met the target. */
export interface Hit {
  /** Evaluations before it; the official scorer prefers the trial with the fewest. */
  readonly row: number;
  readonly line: number;
  readonly step: number;
  /** Training time at that evaluation. */
  readonly seconds: number;
}

/** What a log says about its trial. */
export interface Measurements {
  /** Evaluations that could be used. */
  readonly rows: number;
  /** The first evaluation that met the target within the budget. */
  readonly hit?: Hit;
  /** The first evaluation that met the target, where that was beyond the budget. */
  readonly late?: Hit;
  /** The best value of the metric; NaN where there is none. */
  readonly best: number;
  /** Training time and step at the last evaluation. */
  readonly seconds: number;
  readonly step: number;
  /** What cannot be right; such rows are not used. */
  readonly damage: readonly Remark[];
  /** What is unusual and used all the same. */
  readonly remarks: readonly Remark[];
  /** Whether nothing of the log can be used. */
  readonly unusable: boolean;
}

/** The column of the step, and that of the wall time of training, which AlgoPerf writes twice. */
const stepColumn = "global_step";
const twinColumns: Readonly<Record<string, string>> = { score: "accumulated_submission_time" };

/** AlgoPerf's logs have some hundreds of evaluations; far more are no log of an evaluation. */
const mostRows = 100_000;
/** Remarks that are kept of one log; the rest is counted. */
const mostRemarks = 5;

const decimal = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;
/** UTF-8's byte order mark, read as Latin-1. */
const byteOrderMark = /^\u00ef\u00bb\u00bf/;
const notANumber = /^[+-]?(nan|inf|infinity)$/i;

/** Keeps the first few remarks and counts the others. */
function createRemarks() {
  const kept: Remark[] = [];
  let count = 0;
  return {
    add(text: string, line?: number): void {
      if (count++ < mostRemarks) kept.push({ text, ...(line === undefined ? {} : { line }) });
    },
    get all(): readonly Remark[] {
      return count <= mostRemarks
        ? kept
        : [...kept, { text: `and ${count - mostRemarks} more of such lines` }];
    },
  };
}

/** Where the cells that are read stand in a row. */
interface Columns {
  readonly count: number;
  readonly step: number;
  readonly time: number;
  readonly twin: number;
  readonly metric: number;
}

/**
 * Reads a log as its bytes arrive, so that its length costs time and no memory.
 *
 * @param target what is looked for
 * @param budget seconds that the trial may take
 * @param done called with what was found when the file has ended
 */
export function createMeasurementsReader(
  target: WorkloadTarget,
  budget: number,
  done: (measurements: Measurements) => void,
): ByteSink {
  const damage = createRemarks();
  const remarks = createRemarks();
  const impossible = valueCheck(target.metric);
  const { column: timeColumn } = clockReadings(target.clock);
  const twinColumn = twinColumns[timeColumn] ?? timeColumn;
  const sign = target.direction === "min" ? -1 : 1;
  const goal = sign * target.target;
  let columns: Columns | undefined;
  let [line, rows, empty] = [0, 0, 0];
  let [stopped, unusable] = [false, false];
  let hit: Hit | undefined;
  let late: Hit | undefined;
  let best = Number.NaN;
  let [seconds, step] = [0, 0];

  const giveUp = (text: string, at: number): void => {
    damage.add(text, at);
    stopped = true;
    unusable = true;
  };

  const header = (text: string): void => {
    const names = text
      .replace(byteOrderMark, "")
      .split(",")
      .map((name) => name.trim());
    const needed = new Set([stepColumn, timeColumn, target.metric]);
    const missing = [...needed].filter((name) => !names.includes(name));
    if (missing.length > 0) {
      const what = missing.length > 1 ? "columns" : "column";
      giveUp(`the ${what} ${missing.join(", ")} ${missing.length > 1 ? "are" : "is"} missing`, line);
    }
    columns = {
      count: names.length,
      step: names.indexOf(stepColumn),
      time: names.indexOf(timeColumn),
      twin: names.indexOf(twinColumn),
      metric: names.indexOf(target.metric),
    };
  };

  /** The number in a cell; remarks what else is there. */
  const numberOf = (cell: string, column: string): number | undefined => {
    const value = Number(cell);
    if (Number.isFinite(value) && (value !== 0 || decimal.test(cell))) return value;
    damage.add(`${column} ${cellProblem(cell)}`, line);
    return undefined;
  };

  const evaluation = (stepCell: string, timeCell: string, twinCell: string, metricCell: string): void => {
    const time = numberOf(timeCell, timeColumn);
    const at = numberOf(stepCell, stepColumn);
    if (time === undefined || at === undefined) return;
    if (time < seconds) {
      damage.add(`${timeColumn} goes back from ${seconds} to ${time}`, line);
      return;
    }
    if (twinCell !== timeCell && !(Math.abs(Number(twinCell) - time) <= 1e-3 * time)) {
      giveUp(`${timeColumn} is ${timeCell}, ${twinColumn} ${twinCell}: are they in different units?`, line);
      return;
    }
    // pandas writes a NaN, the mark of a run that diverged, as an empty cell.
    if (metricCell === "") empty++;
    const value = metricCell === "" ? Number.NaN : numberOf(metricCell, target.metric);
    if (value === undefined) return;
    const problem = impossible(value);
    if (problem !== undefined) {
      giveUp(problem, line);
      return;
    }
    rows++;
    [seconds, step] = [time, at];
    if (Number.isNaN(best) || sign * value > sign * best) best = value;
    if (hit !== undefined || late !== undefined || !(sign * value >= goal)) return;
    const found: Hit = { row: line - 2, line, step, seconds };
    if (time <= budget) hit = found;
    else late = found;
  };

  const row = (text: string, start: number, end: number, at: Columns): void => {
    let cells = 0;
    let [stepCell, timeCell, twinCell, metricCell] = ["", "", "", ""];
    for (let from = start; from <= end; cells++) {
      const comma = text.indexOf(",", from);
      const to = comma < 0 || comma > end ? end : comma;
      if (cells === at.metric) metricCell = text.slice(from, to);
      else {
        // The time may be the step, and is its own twin where it stands once.
        if (cells === at.time) timeCell = text.slice(from, to);
        if (cells === at.step) stepCell = text.slice(from, to);
        if (cells === at.twin) twinCell = text.slice(from, to);
      }
      from = to + 1;
    }
    if (cells === at.count) evaluation(stepCell, timeCell, at.twin < 0 ? timeCell : twinCell, metricCell);
    else
      damage.add(
        `the row has ${cells} of ${at.count} cells${cells < at.count ? ": it is truncated" : ""}`,
        line,
      );
  };

  const lines = createLineReader(
    (text, start, end, ended) => {
      if (stopped) return;
      line++;
      if (!ended) remarks.add("the last line has no line end", line);
      if (columns === undefined) header(text.slice(start, end));
      else if (line <= mostRows + 1) row(text, start, end, columns);
      else {
        damage.add(`more than ${mostRows} evaluations; the rest is not read`, line);
        stopped = true;
      }
    },
    () => {
      if (!stopped) giveUp(`the line is longer than ${longestLine} bytes`, line + 1);
    },
  );

  return {
    push(bytes) {
      if (!stopped) lines.push(bytes);
    },
    end() {
      lines.end();
      if (line === 0 && !stopped) giveUp("the file is empty", 1);
      else if (!stopped && rows === 0) remarks.add("there is no usable evaluation");
      if (empty > 0) remarks.add(`${target.metric} is empty in ${empty} of ${rows} evaluations`);
      const unit = unusable ? undefined : checkUnits(target, budget, { seconds, step });
      if (unit !== undefined) giveUp(unit, line);
      done({
        ...{ rows, best, seconds, step, unusable },
        ...(hit === undefined ? {} : { hit }),
        ...(late === undefined ? {} : { late }),
        damage: damage.all,
        remarks: remarks.all,
      });
    },
  };
}

/** What is wrong with a cell that should hold a number. */
const cellProblem = (cell: string): string =>
  cell === ""
    ? "is empty"
    : notANumber.test(cell.trim())
      ? `is ${cell.trim()}`
      : `is no number: ${JSON.stringify(cell.slice(0, 40))}`;
