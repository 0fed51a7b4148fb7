import type { Horizon } from "@steepest/bench";
import type { OptimizerSpec } from "@steepest/optim";
import { type NadamwPoint, nadamwHyper } from "./nadamw.js";

/** Steps of warm-up of Schedule-Free's submissions: a share of three quarters of the step hint. */
export const warmupOf = (factor: number, { share }: Horizon): number => share(0.75 * factor);

/** Schedule-Free AdamW as submitted to the first competition: r = 0.75, and decay from the average. */
export function scheduleFreeOf(
  point: NadamwPoint & { readonly warmup_factor: number },
  horizon: Horizon,
): OptimizerSpec {
  const { beta1: beta, ...hyper } = nadamwHyper(point);
  return {
    name: "schedule-free-adamw",
    preset: "algoperf",
    hyper: { ...hyper, beta, warmupSteps: warmupOf(point.warmup_factor, horizon) },
    options: {},
  };
}
