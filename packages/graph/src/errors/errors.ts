import { callerLocation } from "./location.js";

/** What went wrong, as a code that programs can branch on. */
export type GraphErrorCode =
  | "shape-mismatch"
  | "dtype-mismatch"
  | "invalid-value"
  | "not-differentiable"
  | "unknown-name"
  | "misuse"
  | "runtime";

/**
 * An error that carries its fix: the message says what was expected, what was found and the line of the
 * calling code; `fix` says what to do next.
 */
export class GraphError extends Error {
  override readonly name = "GraphError";
  /** `file:line:column` of the code that called into the library, where the stack tells it. */
  readonly location: string | undefined;
  constructor(
    readonly code: GraphErrorCode,
    message: string,
    readonly fix: string,
    options?: ErrorOptions,
  ) {
    const location = callerLocation();
    super(`${message}${location === undefined ? "" : ` (at ${location})`}. ${fix}`, options);
    this.location = location;
  }
}

/** A shape as text: `[128, 784]`. */
export function formatShape(shape: readonly number[]): string {
  return `[${shape.join(", ")}]`;
}

/**
 * The error of an operator whose inputs do not fit together: it names the operator and the shape of every
 * input.
 *
 * @param operator name of the operator
 * @param inputs the input tensors, in order
 * @param expected what the operator needs, as a clause: "the inner dimensions must be equal"
 * @param fix what to do next, as a sentence without its full stop
 */
export function shapeError(
  operator: string,
  inputs: readonly { readonly shape: readonly number[] }[],
  expected: string,
  fix: string,
): GraphError {
  const shapes = inputs.map((input) => formatShape(input.shape)).join(" and ");
  return new GraphError("shape-mismatch", `${operator}: ${expected}, but the shapes are ${shapes}`, fix);
}

/**
 * The error of an operator that does not take its inputs' element types; the counterpart of
 * {@link shapeError}.
 */
export function dtypeError(
  operator: string,
  inputs: readonly { readonly dtype: string }[],
  expected: string,
  fix = "Convert with cast(x, dtype)",
): GraphError {
  const dtypes = inputs.map((input) => input.dtype).join(" and ");
  return new GraphError("dtype-mismatch", `${operator}: ${expected}, but the inputs are ${dtypes}`, fix);
}
