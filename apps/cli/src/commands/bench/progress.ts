import { type BenchEvent, type BenchJob, type BenchPlan, trialsOfStudy } from "@steepest/bench";
import { format, textTable } from "@steepest/report";
import type { Io } from "../../io.js";
import { bar, createProgress, linesOf, type Progress, secondsRemaining } from "../../terminal/progress.js";

/** What `steepest bench` shows while its trials run. */
export interface BenchProgress extends Pick<Progress, "print" | "clear"> {
  show(event: BenchEvent, stopping: boolean): void;
}

/** Where a submission stands. */
interface Row {
  readonly total: number;
  done: number;
  solved: number;
  /** Running trials: the job's folder -> fraction done. */
  readonly running: Map<string, number>;
}

/** A table of the submissions that is redrawn on a terminal; elsewhere one line a trial. */
export function createBenchProgress(io: Io, plan: BenchPlan): BenchProgress {
  const progress = createProgress(io);
  const perTrial = plan.studies * plan.workloads.length;
  const rows = new Map<string, Row>(
    plan.submissions.map((submission) => [
      submission.name,
      { total: trialsOfStudy(submission) * perTrial, done: 0, solved: 0, running: new Map() },
    ]),
  );
  const start = performance.now();
  let [total, atBeginning, done] = [0, 0, 0];

  const describe = ({ of: { place } }: BenchJob): string =>
    `${place.submission} study ${place.study} ${place.workload} trial ${place.trial}`;

  const table = (stopping: boolean): readonly string[] => {
    const inProgress = [...rows.values()].flatMap(({ running }) => [...running.values()]);
    const ran = done - atBeginning + inProgress.reduce((a, b) => a + b, 0);
    const left = secondsRemaining(ran, total - atBeginning, (performance.now() - start) / 1e3);
    // Lines beyond the terminal's last could not be erased: then only what is under way is shown.
    const all = [...rows];
    const shown =
      all.length + 4 <= linesOf(io.stderr) ? all : all.filter(([, { running }]) => running.size > 0);
    const lines = textTable(
      [
        { title: "submission" },
        { title: "trials", align: "right" },
        { title: "reached", align: "right" },
        { title: "now" },
      ],
      shown.map(([name, row]) => [
        name,
        `${row.done}/${row.total}`,
        `${row.solved}`,
        [...row.running.values()].map((fraction) => bar(fraction, 8)).join(" "),
      ]),
    ).split("\n");
    const state = stopping ? "saving ..." : `${format.seconds(left)} left`;
    return [...lines, `${bar((atBeginning + ran) / total, 24)} ${done}/${total} trials  ${state}`];
  };

  const finished = (row: Row, { job, outcome }: Extract<BenchEvent, { kind: "finished" }>): void => {
    if (outcome.kind === "interrupted") return;
    done++;
    row.done++;
    if (outcome.kind !== "completed") {
      progress.print(`[${done}/${total}] ${describe(job)} ${outcome.kind}: ${outcome.reason}`);
      return;
    }
    const { target, steps } = outcome.result;
    const reached = target?.reached === true;
    if (reached) row.solved++;
    if (io.interactive) return;
    const end = reached ? "target reached" : "target missed";
    progress.print(`[${done}/${total}] ${describe(job)}: ${end} after ${format.counted(steps, "step")}`);
  };

  return {
    print: progress.print,
    clear: progress.clear,
    show(event, stopping) {
      if (event.kind === "begin") {
        const { completed, diverged } = event.status.counts;
        total = event.status.total;
        atBeginning = completed + diverged;
        done = atBeginning;
        for (const { name, counts, reached } of event.status.submissions) {
          const row = rows.get(name);
          if (row === undefined) continue;
          row.done = counts.completed + counts.diverged;
          row.solved = reached;
        }
        if (atBeginning > 0)
          progress.print(
            `${atBeginning} of ${format.counted(total, "trial")} ${atBeginning === 1 ? "is" : "are"} complete already and kept`,
          );
        return;
      }
      if (event.kind === "notice") {
        progress.print(event.message);
        return;
      }
      const { job } = event;
      const row = rows.get(job.of.place.submission);
      if (row === undefined) return;
      if (event.kind === "started") row.running.set(job.folder, 0);
      else if (event.kind === "retried") progress.print(`${describe(job)} is tried again: ${event.reason}`);
      else if (event.kind === "progress") row.running.set(job.folder, event.step / job.of.workload.steps);
      else {
        row.running.delete(job.folder);
        finished(row, event);
      }
      progress.show(table(stopping));
    },
  };
}
