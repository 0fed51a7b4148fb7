import type { Schedule } from "@steepest/optim";

/**
 * Linear warm-up, then a cosine wave that reaches 0 at step `steps` and rises again after it, as PyTorch's
 * `CosineAnnealingLR` does: a run that goes on beyond its horizon does not stand still.
 */
export function torchCosine(steps: number, warmup: number): Schedule {
  const wave = Math.max(1, steps - warmup);
  return (k) => {
    const t = k - 1;
    return t < warmup ? t / warmup : (1 + Math.cos((Math.PI * (t - warmup)) / wave)) / 2;
  };
}
