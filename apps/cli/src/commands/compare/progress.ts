import type { ComparisonEvent, ComparisonJob, ComparisonPlan } from "@steepest/bench";
import { format, metricText, textTable } from "@steepest/report";
import { isBetter, metricOf, reaches } from "@steepest/workloads";
import type { Io } from "../../io.js";
import { bar, createProgress, linesOf, type Progress, secondsRemaining } from "../../terminal/progress.js";

/** What `steepest compare` shows while its trials run. */
export interface CompareProgress extends Pick<Progress, "print" | "clear"> {
  show(event: ComparisonEvent, stopping: boolean): void;
}

/** Where an optimizer stands, over all its trials so far. */
interface Row {
  readonly name: string;
  readonly total: number;
  done: number;
  best: number | undefined;
  fewestSteps: number;
  /** Running trials: the job's folder -> fraction done. */
  readonly running: Map<string, number>;
}

/** A table of the optimizers that is redrawn on a terminal; elsewhere one line a trial. */
export function createCompareProgress(io: Io, plan: ComparisonPlan): CompareProgress {
  const progress = createProgress(io);
  const { metric, value: target } = plan.target;
  const rows = plan.submissions.map(
    ({ optimizer, points }): Row => ({
      name: optimizer,
      total: points.length * plan.seeds.length,
      done: 0,
      best: undefined,
      fewestSteps: Number.POSITIVE_INFINITY,
      running: new Map(),
    }),
  );
  const start = performance.now();
  let [total, atBeginning, done] = [0, 0, 0];

  const describe = ({ trial }: ComparisonJob) => `${trial.optimizer} seed ${trial.seed}`;

  const table = (stopping: boolean): readonly string[] => {
    const ran = done - atBeginning;
    const inProgress = rows.reduce(
      (sum, row) => sum + [...row.running.values()].reduce((a, b) => a + b, 0),
      0,
    );
    const left = secondsRemaining(ran + inProgress, total - atBeginning, (performance.now() - start) / 1e3);
    // Lines beyond the terminal's last could not be erased: then only what is under way is shown.
    const shown =
      rows.length + 4 <= linesOf(io.stderr) ? rows : rows.filter(({ running }) => running.size > 0);
    const lines = textTable(
      [
        { title: "optimizer" },
        { title: "trials", align: "right" },
        { title: "best validation", align: "right" },
        { title: `steps to ${target}`, align: "right" },
        { title: "now" },
      ],
      shown.map((row) => [
        row.name,
        `${row.done}/${row.total}`,
        row.best === undefined ? "" : metricText(metric, row.best),
        Number.isFinite(row.fewestSteps) ? format.count(row.fewestSteps) : "",
        [...row.running.values()].map((fraction) => bar(fraction, 8)).join(" "),
      ]),
    ).split("\n");
    const state = stopping ? "saving ..." : `${format.seconds(left)} left`;
    return [...lines, `${bar((done + inProgress) / total, 24)} ${done}/${total} trials  ${state}`];
  };

  const observe = (row: Row, step: number, value: number | undefined) => {
    if (value === undefined) return;
    if (row.best === undefined || isBetter(metric, value, row.best)) row.best = value;
    if (reaches(metric, value, target)) row.fewestSteps = Math.min(row.fewestSteps, step);
  };

  const finished = (
    job: ComparisonJob,
    outcome: Extract<ComparisonEvent, { kind: "finished" }>["outcome"],
  ) => {
    if (outcome.kind === "interrupted") return;
    done++;
    const row = rows[job.submission];
    if (row !== undefined) row.done++;
    if (outcome.kind !== "completed") {
      progress.print(`[${done}/${total}] ${describe(job)} ${outcome.kind}: ${outcome.reason}`);
    } else if (!io.interactive) {
      const { validation, target: reached } = outcome.result;
      const hit =
        reached?.reached === true
          ? `${target} after ${format.counted(reached.step, "step")}`
          : `missed ${target}`;
      progress.print(
        `[${done}/${total}] ${describe(job)}: validation ${metricText(metric, metricOf(validation, metric))}, ${hit}`,
      );
    }
  };

  return {
    print: progress.print,
    clear: progress.clear,
    show(event, stopping) {
      if (event.kind === "begin") {
        total = event.total;
        atBeginning = event.complete;
        done = event.complete;
        if (event.complete > 0)
          progress.print(
            `${event.complete} of ${format.counted(event.total, "trial")} ${event.complete === 1 ? "is" : "are"} complete already and kept`,
          );
        return;
      }
      if (event.kind === "notice") {
        progress.print(event.message);
        return;
      }
      const row = rows[event.job.submission];
      if (row === undefined) return;
      if (event.kind === "started") row.running.set(event.job.folder, 0);
      else if (event.kind === "retried")
        progress.print(`${describe(event.job)} is tried again: ${event.reason}`);
      else if (event.kind === "progress") {
        row.running.set(event.job.folder, event.step / plan.steps);
        observe(row, event.step, event.value);
      } else {
        row.running.delete(event.job.folder);
        finished(event.job, event.outcome);
      }
      progress.show(table(stopping));
    },
  };
}
