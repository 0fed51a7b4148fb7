import { SteepestError } from "@steepest/optim";

/** The error of a loss or parameter that is not finite. */
export const diverged = (message: string): SteepestError =>
  new SteepestError(
    "non-finite",
    message,
    "Training diverged: lower the learning rate, warm it up, or clip the gradient",
  );

/** The loss of a step. @throws SteepestError `non-finite` where it is not finite */
export function checkedLoss(loss: number, step: number): number {
  if (!Number.isFinite(loss)) throw diverged(`the loss is ${loss} at step ${step}`);
  return loss;
}
