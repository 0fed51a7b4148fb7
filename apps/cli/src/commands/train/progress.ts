import { format } from "@steepest/report";
import type { Measurement } from "@steepest/train";
import type { Io } from "../../io.js";
import { bar, createProgress, secondsRemaining } from "../../terminal/progress.js";

/** What `steepest train` shows while it trains. */
export interface TrainProgress {
  show(measurement: Measurement, stopping: boolean): void;
  clear(): void;
}

/** One redrawn line with the time that remains on a terminal; elsewhere one line an evaluation. */
export function createTrainProgress(io: Io): TrainProgress {
  const progress = createProgress(io);
  let startStep = 0;
  let startTime = performance.now();
  let accuracy: number | undefined;

  const live = ({ step, steps, loss }: Measurement & { readonly kind: "step" }, stopping: boolean) => {
    // Evaluations and checkpoints lie on the user's path too, so this is the time on the wall, not the
    // training clock.
    const elapsed = (performance.now() - startTime) / 1e3;
    const remaining = secondsRemaining(step - startStep, steps - startStep, elapsed);
    return [
      `${bar(step / steps, 16)} ${format.count(step)}/${format.count(steps)}`,
      `loss ${format.number(loss)}`,
      ...(accuracy === undefined ? [] : [`validation ${format.percent(accuracy, 2)}`]),
      stopping ? "saving ..." : `${format.seconds(remaining)} left`,
    ].join("  ");
  };

  return {
    show(measurement, stopping) {
      switch (measurement.kind) {
        case "notice":
          progress.print(measurement.message);
          break;
        case "start":
          startStep = measurement.step;
          startTime = performance.now();
          progress.print(
            `${measurement.dataSource}: ${format.counted(measurement.parameters, "parameter")}, ${measurement.optimizer}, ${
              startStep === 0 ? "" : `from step ${format.count(startStep)}, `
            }${format.counted(measurement.steps, "step")}`,
          );
          break;
        case "step":
          progress.show(live(measurement, stopping));
          break;
        case "evaluation": {
          const { step, validation, seconds, hitsTarget } = measurement;
          accuracy = validation.accuracy;
          progress.print(
            `step ${format.count(step)}  validation loss ${format.number(validation.loss)}  accuracy ${format.percent(
              accuracy,
              2,
            )}  ${format.seconds(seconds)}${hitsTarget ? "  target reached" : ""}`,
          );
          break;
        }
        case "checkpoint":
          break;
      }
    },
    clear: progress.clear,
  };
}
