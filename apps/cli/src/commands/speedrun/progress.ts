import { format } from "@steepest/report";
import type { ExecutorEvent } from "@steepest/speedrun";
import type { Io } from "../../io.js";
import { bar, createProgress, type Progress } from "../../terminal/progress.js";

/** What `steepest speedrun` shows while its runs are made. */
export interface SpeedrunProgress extends Pick<Progress, "print" | "clear"> {
  readonly show: (event: ExecutorEvent) => void;
}

/** The runs under way, redrawn on a terminal, and a line for each that is over. */
export function createSpeedrunProgress(io: Io): SpeedrunProgress {
  const progress = createProgress(io);
  const running = new Map<string, string>();
  const draw = () => progress.show([...running.values()]);
  return {
    print: progress.print,
    clear: progress.clear,
    show(event) {
      if (event.kind === "notice") {
        progress.print(event.message);
        return;
      }
      const { label, trial } = event.job;
      if (event.kind === "retried") progress.print(`${label} is tried again: ${event.reason}`);
      else if (event.kind === "started") running.set(label, `${label} ${bar(0, 24)}`);
      else if (event.kind === "progress") {
        const { step, value } = event;
        const measured = value === undefined ? "" : `  ${value.toFixed(4)}`;
        running.set(label, `${label} ${bar(step / trial.steps, 24)} ${step}/${trial.steps}${measured}`);
      } else {
        running.delete(label);
        const { outcome } = event;
        if (outcome.kind === "completed") {
          const { validation, steps, seconds } = outcome.result;
          const pace = format.seconds(seconds);
          progress.print(`${label}: ${validation.loss.toFixed(4)} after ${steps} steps in ${pace}`);
        } else if (outcome.kind !== "interrupted") progress.print(`${label}: ${outcome.reason}`);
      }
      draw();
    },
  };
}
