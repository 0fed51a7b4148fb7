import { SteepestError } from "@steepest/optim";
import { inspectRun } from "../folder/folder.js";
import type { Session } from "./session.js";

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

/**
 * An error of divergence with what helps to find its cause: the norms of parameters and gradients as they
 * stand, and from where the run can go on. Other errors stay as they are.
 */
export async function explained(
  error: unknown,
  session: Session,
  folder: string | undefined,
): Promise<unknown> {
  if (!(error instanceof SteepestError) || error.code !== "non-finite") return error;
  return new SteepestError(
    error.code,
    `${error.problem}; ${norms(session)}`,
    `${error.fix}${await lastCheckpoint(folder)}`,
    { cause: error },
  );
}

async function lastCheckpoint(folder: string | undefined): Promise<string> {
  if (folder === undefined) return "";
  const status = await inspectRun(folder);
  if (status.kind !== "partial" || status.checkpoint === undefined) return "";
  const { step } = status.checkpoint.progress;
  return `. The last good checkpoint, of step ${step}, is kept in ${JSON.stringify(folder)}`;
}

/** ‖x‖ and ‖g‖ over all parameters, and whose share is the largest. */
function norms({ loaded, method }: Session): string {
  const names = loaded.parameters.map(({ name }) => name);
  const describe = (what: string, view: (name: string) => Float32Array): string => {
    const squares = names.map((name) => ({ name, sum: sumOfSquares(view(name)) }));
    const total = squares.reduce((sum, each) => sum + each.sum, 0);
    const [largest] = squares.toSorted((a, b) => order(b.sum, a.sum));
    const of = largest === undefined ? "" : ` (${largest.name}: ${digits(largest.sum)})`;
    return `the norm of the ${what} is ${digits(total)}${of}`;
  };
  return [
    describe("parameters", (name) => method.parameter(name)),
    describe("gradient", (name) => method.gradient(name)),
  ].join(", ");
}

const sumOfSquares = (values: Float32Array): number => {
  let sum = 0;
  for (const value of values) sum += value * value;
  return sum;
};

/** By size, and NaN, which is what one looks for, above all numbers. */
const order = (a: number, b: number): number =>
  Number(Number.isNaN(a)) - Number(Number.isNaN(b)) || Number(a > b) - Number(a < b);

/** A norm from its square, to three digits. */
const digits = (squares: number): string => String(Number(Math.sqrt(squares).toPrecision(3)));
