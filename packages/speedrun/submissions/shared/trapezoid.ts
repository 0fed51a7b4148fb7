import type { Horizon } from "@steepest/bench";
import type { GroupSpec, Schedule } from "@steepest/optim";

/** Share of the run over which the learning rate rises, and over which it falls. */
const [rise, fall] = [0.05, 0.6];

/**
 * A trapezoid over a run of S steps: min(1, k/W), constant, then (S − k + 1)/D over the last D steps; so the
 * first step has 1/W and the last 1/D of the learning rate.
 */
export function trapezoid({ stepHint, share }: Horizon): Schedule {
  const [warmUp, decay] = [share(rise, 1), share(fall, 1)];
  return (k) => Math.min(1, k / warmUp, (stepHint - k + 1) / decay);
}

/** nanoGPT's bound on the gradient's norm. */
export const clip = { globalNorm: 1 } as const;

/** Weight decay of matrices alone, embeddings among them. */
export const decayOfMatrices: readonly GroupSpec[] = [{ roles: ["norm", "bias"], hyper: { weightDecay: 0 } }];
