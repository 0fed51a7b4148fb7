import { directionOf } from "../metric.js";
import type { Metric, Target } from "../workload.js";
import { measuredTargets } from "./measured.js";

/** The target of a workload as the target-setting procedure measured it. */
export function measuredTarget(name: string, metric: Metric): Target {
  const found = measuredTargets[name];
  if (found === undefined) throw new Error(`internal: no target was measured for ${name}`);
  const { validation: value, test } = found;
  return metric === "accuracy"
    ? { metric, direction: directionOf[metric], split: "validation", value, test }
    : { metric, direction: directionOf[metric], split: "validation", value, test };
}
