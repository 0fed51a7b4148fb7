import { input, type Tensor } from "@steepest/graph";
import type { Matrix } from "@steepest/optim";

/** Tasks of the same kind whose matrices lie next to each other, role by role: one product of a batch. */
export type Batch<Task> = readonly [Task, ...Task[]];

/**
 * Puts tasks together that can be one: equal by `kind`, and each matrix of one begins where that of the one
 * before ends. Tasks that stand alone are batches of one.
 */
export function inBatches<Task>(
  tasks: readonly Task[],
  matricesOf: (task: Task) => readonly Matrix[],
  kindOf: (task: Task) => string,
): readonly Batch<Task>[] {
  const buffers = new Map<ArrayBufferLike, number>();
  const bufferOf = ({ values: { buffer } }: Matrix): number => {
    const known = buffers.get(buffer) ?? buffers.size;
    buffers.set(buffer, known);
    return known;
  };
  const batches: [Task, ...Task[]][] = [];
  /** The batch that goes on with matrices that begin at such places. */
  const open = new Map<string, [Task, ...Task[]]>();
  for (const task of tasks) {
    const matrices = matricesOf(task);
    const key = (places: readonly number[]): string =>
      [
        kindOf(task),
        ...matrices.map(({ rows, columns }) => `${rows}x${columns}`),
        ...matrices.map(bufferOf),
        ...places,
      ].join();
    const begins = key(matrices.map(({ values }) => values.byteOffset));
    const ends = key(matrices.map(({ values }) => values.byteOffset + values.byteLength));
    const found = open.get(begins);
    if (found === undefined) {
      const batch: [Task] = [task];
      batches.push(batch);
      open.set(ends, batch);
    } else {
      open.delete(begins);
      open.set(ends, found);
      found.push(task);
    }
  }
  return batches;
}

/** The array of a batch's matrices of one role. */
export function arrayOf(matrices: readonly Matrix[]): Float32Array {
  const [first] = matrices;
  if (!(first?.values instanceof Float32Array)) throw new Error("internal: an array of the other precision");
  const { buffer, byteOffset, length } = first.values;
  return new Float32Array(buffer, byteOffset, matrices.length * length);
}

/** The input of a batch's matrices of one role: a matrix, or several along a first axis. */
export function inputOf(name: string, matrices: readonly Matrix[]): Tensor {
  const { rows = 0, columns = 0 } = matrices[0] ?? {};
  return input(name, matrices.length === 1 ? [rows, columns] : [matrices.length, rows, columns]);
}

/** Whether two arrays are the same memory. */
export const sameMemory = (a: Float32Array, b: Float32Array): boolean =>
  a.buffer === b.buffer && a.byteOffset === b.byteOffset && a.length === b.length;

/** Whether two arrays have memory in common. */
export const overlap = (a: Matrix["values"], b: Matrix["values"]): boolean =>
  a.buffer === b.buffer &&
  a.byteOffset < b.byteOffset + b.byteLength &&
  b.byteOffset < a.byteOffset + a.byteLength;
