/** Arrays of one use, and the bytes that they take in float32, without the padding between them. */
export interface ArrayBytes {
  readonly name: string;
  readonly bytes: number;
}

/** What an optimizer keeps in memory beside parameters and gradients. */
export interface OptimizerArrays {
  /** What persists from step to step, slot by slot; the slots of one name of all parameters together. */
  readonly state: readonly ArrayBytes[];
  /** Arrays that the caller fills beside the gradients, such as Sophia's Hessian. */
  readonly inputs: readonly ArrayBytes[];
  /** The weights to evaluate with, where the method averages. */
  readonly evaluation: number;
  /** Arrays of a matrix rule that need not outlive a step. */
  readonly scratch: number;
}

/** Bytes of all arrays of a list. */
export const sumOfBytes = (arrays: readonly ArrayBytes[]): number =>
  arrays.reduce((sum, { bytes }) => sum + bytes, 0);

/** The arrays of one name as one, in the order of their first appearance; empty ones are left out. */
export function mergedArrays(arrays: readonly ArrayBytes[]): readonly ArrayBytes[] {
  const sums = new Map<string, number>();
  for (const { name, bytes } of arrays) sums.set(name, (sums.get(name) ?? 0) + bytes);
  return [...sums].flatMap(([name, bytes]) => (bytes > 0 ? [{ name, bytes }] : []));
}
