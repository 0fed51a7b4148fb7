import { GraphError } from "../errors/errors.js";
import { mapRecord } from "../errors/names.js";
import type { TensorArray } from "../run/arrays.js";
import { compile } from "../run/compile.js";
import { createSession, type Session } from "../run/session.js";
import { elementCount } from "../tensor/shape.js";
import type { DType, Tensor, TensorType } from "../tensor/tensor.js";
import { gradients } from "./gradients.js";

/** Numbers for every input, by the input's name, in row-major order. */
export type Feeds = Readonly<Record<string, ArrayLike<number>>>;

/** A loss and its derivatives by name. */
export interface ValueAndGradients<Name extends string> {
  readonly value: number;
  readonly gradients: Readonly<Record<Name, Float32Array>>;
}

const allocate: Readonly<Record<DType, (count: number) => TensorArray>> = {
  float32: (count) => new Float32Array(count),
  int32: (count) => new Int32Array(count),
  int64: (count) => new BigInt64Array(count),
  uint8: (count) => new Uint8Array(count),
  bool: (count) => new Uint8Array(count),
};

const arrayFor = ({ shape, dtype }: TensorType): TensorArray => allocate[dtype](elementCount(shape));

/** Compiles at the first call and keeps the session and its arrays for those that follow. */
function runner(outputs: Readonly<Record<string, Tensor>>) {
  const compiled = compile(outputs);
  const inputs = mapRecord(compiled.inputs, arrayFor);
  const results = mapRecord(outputs, ({ shape }) => new Float32Array(elementCount(shape)));
  let session: Promise<Session> | undefined;
  let last: Promise<unknown> = Promise.resolve();
  const run = async (feeds: Feeds): Promise<Readonly<Record<string, Float32Array>>> => {
    for (const [name, array] of Object.entries(inputs)) fill(name, array, feeds[name]);
    session ??= createSession(compiled, { feeds: inputs, fetches: results });
    await (await session).run();
    return mapRecord(results, (array) => array.slice());
  };
  // Calls share the bound arrays, so each waits for the one before.
  return (feeds: Feeds) => {
    const result = last.then(() => run(feeds));
    last = result.catch(() => undefined);
    return result;
  };
}

function fill(name: string, array: TensorArray, values: ArrayLike<number> | undefined): void {
  if (values?.length !== array.length) {
    throw new GraphError(
      values === undefined ? "misuse" : "shape-mismatch",
      `input "${name}" needs ${array.length} numbers, found ${values?.length ?? "none"}`,
      `Pass feeds.${name} in row-major order`,
    );
  }
  if (array instanceof BigInt64Array) array.set(Array.from(values, BigInt));
  else array.set(values);
}

/**
 * A loss as a function of its inputs, computed by ONNX Runtime in float32.
 *
 * Convenient, not fastest: it copies numbers in and out. A training loop binds arrays once with
 * `createSession`; float64 comes from `evaluate`.
 *
 * @param loss a float32 tensor of one element
 * @returns the function from numbers for each input to the loss
 * @throws GraphError as `compile` and `createSession` do, and `misuse` or `shape-mismatch` for feeds that do
 *   not fit
 */
export function value(loss: Tensor): (feeds: Feeds) => Promise<number> {
  const run = runner({ loss });
  return async (feeds) => (await run(feeds)).loss?.[0] ?? Number.NaN;
}

/**
 * The derivatives of a loss as a function of its inputs; see {@link value}.
 *
 * @param wrt tensors to differentiate with respect to, by names of the caller's choice: `{ weight, bias }`
 * @returns the function from numbers for each input to dL/dx of each tensor, in row-major order
 * @throws GraphError as {@link value} and `gradients` do
 */
export function grad<Name extends string>(
  loss: Tensor,
  wrt: Readonly<Record<Name, Tensor>>,
): (feeds: Feeds) => Promise<Readonly<Record<Name, Float32Array>>> {
  const both = valueAndGrad(loss, wrt);
  return async (feeds) => (await both(feeds)).gradients;
}

/**
 * A loss and its derivatives as one function of the inputs, which computes what they share once; see
 * {@link value}.
 *
 * @throws GraphError as {@link grad} does
 */
export function valueAndGrad<Name extends string>(
  loss: Tensor,
  wrt: Readonly<Record<Name, Tensor>>,
): (feeds: Feeds) => Promise<ValueAndGradients<Name>> {
  const derivatives = gradients(loss, Object.values<Tensor>(wrt));
  const position = new Map(Object.keys(wrt).map((name, i) => [name, i]));
  const run = runner({
    loss,
    ...Object.fromEntries(derivatives.map((tensor, i) => [`gradient_${i}`, tensor])),
  });
  return async (feeds) => {
    const results = await run(feeds);
    return {
      value: results.loss?.[0] ?? Number.NaN,
      gradients: mapRecord(wrt, (_, name) => results[`gradient_${position.get(name)}`] ?? new Float32Array()),
    };
  };
}
