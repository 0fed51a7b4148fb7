import { directionOf } from "../metric.js";
import type { Metric, Target } from "../workload.js";
import { measuredTargets } from "./measured.js";

/** The target of a workload as the target-setting procedure measured it. */
export function measuredTarget(name: string, metric: Metric): Target {
  const found = measuredTargets[name];
  if (found === undefined) throw new Error(`internal: no target was measured for ${name}`);
  const values = { split: "validation", value: found.validation, test: found.test } as const;
  return metric === "accuracy"
    ? { metric, direction: directionOf[metric], ...values }
    : { metric, direction: directionOf[metric], ...values };
}
