import { format, metricText } from "@steepest/report";
import type { Measurement } from "@steepest/train";
import { type Metric, metricOf } from "@steepest/workloads";
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
  let metric: Metric = "loss";
  let validated: string | undefined;

  const live = ({ step, steps, loss }: Measurement & { readonly kind: "step" }, stopping: boolean) => {
    // Evaluations and checkpoints lie on the user's path too, so this is the time on the wall, not the
    // training clock.
    const elapsed = (performance.now() - startTime) / 1e3;
    const remaining = secondsRemaining(step - startStep, steps - startStep, elapsed);
    return [
      `${bar(step / steps, 16)} ${format.count(step)}/${format.count(steps)}`,
      `loss ${format.number(loss)}`,
      ...(validated === undefined ? [] : [`validation ${validated}`]),
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
          metric = measurement.metric;
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
          const { step, validation, seconds, hitsTarget, hitsTestTarget } = measurement;
          const { loss, accuracy } = validation;
          validated = metricText(metric, metricOf(validation, metric));
          const parts = [
            `step ${format.count(step)}`,
            `validation loss ${format.number(loss)}`,
            ...(accuracy === undefined ? [] : [`accuracy ${metricText("accuracy", accuracy)}`]),
            format.seconds(seconds),
            ...(hitsTarget ? ["target reached"] : []),
            ...(hitsTestTarget ? ["test target reached"] : []),
          ];
          progress.print(parts.join("  "));
          break;
        }
        case "checkpoint":
          break;
      }
    },
    clear: progress.clear,
  };
}
