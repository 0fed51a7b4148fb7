import type { Horizon } from "@steepest/bench";
import { cosineSchedule, type Schedule } from "@steepest/optim";

/** Linear warm-up and a cosine wave to 0 over a fraction of the step hint; the warm-up is a part of it. */
export function cosineOverFraction(
  point: { readonly warmup_steps_fraction: number; readonly cosine_decay_fraction: number },
  { share }: Horizon,
): Schedule {
  const steps = share(point.cosine_decay_fraction, 1);
  return cosineSchedule.create({ steps, warmup: Math.floor(point.warmup_steps_fraction * steps) });
}
