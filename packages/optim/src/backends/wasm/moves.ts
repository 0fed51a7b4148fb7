import { KernelEncoder, vectorBytes } from "../../linearAlgebra/wasm/kernelEncoder.js";
import type { BackendMemory } from "../backend.js";
import type { BindMoves, Move } from "../moves.js";
import { encodeModule, simd } from "./encoder.js";

/*
 * Four loops, the innermost one in a way that suits its strides. Words of a descriptor: addresses of `from`
 * and `to`, then sizes, bytes between neighbours in `from` and those in `to`, from the outermost axis to the
 * innermost. Moves along more axes are several of these.
 */

const levels = 4;
const floatBytes = 4;

/**
 * Locals of the innermost loop: where it reads and writes, which it may change, how often, and both strides.
 */
interface Inner {
  readonly code: KernelEncoder;
  readonly from: number;
  readonly to: number;
  readonly remaining: number;
  readonly fromBytes: number;
  readonly toBytes: number;
}

const kernels = {
  copy: (inner: Inner) => alongBoth(inner, false),
  add: (inner: Inner) => alongBoth(inner, true),
  spread,
  sum,
  copyStrided: (inner: Inner) => strided(inner, false),
  addStrided: (inner: Inner) => strided(inner, true),
};
type KernelName = keyof typeof kernels;

function nest(body: (inner: Inner) => void): KernelEncoder {
  const code = new KernelEncoder();
  const loop = (level: number, outerFrom: number, outerTo: number) => {
    const [count, fromBytes, toBytes] = [2, 2 + levels, 2 + 2 * levels].map((first) =>
      code.word(first + level),
    );
    if (count === undefined || fromBytes === undefined || toBytes === undefined) return;
    const [from, to] = [code.integer(), code.integer()];
    code.copy(outerFrom, from);
    code.copy(outerTo, to);
    if (level === levels - 1) {
      body({ code, from, to, remaining: count, fromBytes, toBytes });
      return;
    }
    code.times(count, () => {
      loop(level + 1, from, to);
      code.advanceBy(from, fromBytes);
      code.advanceBy(to, toBytes);
    });
  };
  loop(0, code.word(0), code.word(1));
  return code;
}

/** Neighbours in both arrays. */
function alongBoth({ code, from, to, remaining }: Inner, add: boolean): void {
  const four = (offset: number) => {
    code.get(to);
    code.get(from);
    code.v128Load(offset);
    if (add) {
      code.get(to);
      code.v128Load(offset);
      code.simd(simd.f32x4Add);
    }
    code.v128Store(offset);
  };
  const advance = (elements: number) => {
    code.advance(from, elements * floatBytes);
    code.advance(to, elements * floatBytes);
    code.advance(remaining, -elements);
  };
  code.whileAtLeast(remaining, 16, () => {
    for (let part = 0; part < 4; part++) four(part * vectorBytes);
    advance(16);
  });
  code.whileAtLeast(remaining, 4, () => {
    four(0);
    advance(4);
  });
  code.times(remaining, () => {
    one({ code, from, to }, add);
    code.advance(from, floatBytes);
    code.advance(to, floatBytes);
  });
}

function one({ code, from, to }: Pick<Inner, "code" | "from" | "to">, add: boolean): void {
  code.get(to);
  code.get(from);
  code.v128LoadLane0(0);
  if (add) {
    code.get(to);
    code.v128LoadLane0(0);
    code.simd(simd.f32x4Add);
  }
  code.v128StoreLane0(0);
}

/** One value to neighbours. */
function spread({ code, from, to, remaining }: Inner): void {
  const value = code.vector();
  code.get(from);
  code.v128LoadSplat(0);
  code.set(value);
  code.whileAtLeast(remaining, 4, () => {
    code.get(to);
    code.get(value);
    code.v128Store(0);
    code.advance(to, vectorBytes);
    code.advance(remaining, -4);
  });
  code.times(remaining, () => {
    code.get(to);
    code.get(value);
    code.v128StoreLane0(0);
    code.advance(to, floatBytes);
  });
}

/** Neighbours into one. */
function sum({ code, from, to, remaining }: Inner): void {
  const sums = [code.vector(), code.vector(), code.vector(), code.vector()] as const;
  const [total] = sums;
  const accumulate = (register: number, load: () => void) => {
    code.get(register);
    load();
    code.simd(simd.f32x4Add);
    code.set(register);
  };
  for (const register of sums) {
    code.f32x4Constant(0);
    code.set(register);
  }
  code.whileAtLeast(remaining, 16, () => {
    sums.forEach((register, part) => {
      accumulate(register, () => {
        code.get(from);
        code.v128Load(part * vectorBytes);
      });
    });
    code.advance(from, 16 * floatBytes);
    code.advance(remaining, -16);
  });
  code.times(remaining, () => {
    accumulate(total, () => {
      code.get(from);
      code.v128LoadLane0(0);
    });
    code.advance(from, floatBytes);
  });
  for (const register of sums.slice(1)) accumulate(total, () => code.get(register));
  const halvings: readonly (readonly [number, number, number, number])[] = [
    [2, 3, 2, 3],
    [1, 1, 1, 1],
  ];
  for (const lanes of halvings)
    accumulate(total, () => {
      code.get(total);
      code.get(total);
      code.shuffle(...lanes);
    });
  accumulate(total, () => {
    code.get(to);
    code.v128LoadLane0(0);
  });
  code.get(to);
  code.get(total);
  code.v128StoreLane0(0);
}

function strided({ code, from, to, remaining, fromBytes, toBytes }: Inner, add: boolean): void {
  code.times(remaining, () => {
    one({ code, from, to }, add);
    code.advanceBy(from, fromBytes);
    code.advanceBy(to, toBytes);
  });
}

interface Axis {
  readonly size: number;
  readonly fromStride: number;
  readonly toStride: number;
}

/** The axes of a move without those of size 1, and with neighbours as one where both strides allow. */
function mergedAxes({ sizes, fromStrides, toStrides }: Move): readonly Axis[] {
  const merged: Axis[] = [];
  sizes.forEach((size, index) => {
    const axis = { size, fromStride: fromStrides[index] ?? 0, toStride: toStrides[index] ?? 0 };
    const before = merged.at(-1);
    if (size === 1) return;
    const goesOn = before?.fromStride === size * axis.fromStride && before.toStride === size * axis.toStride;
    if (before !== undefined && goesOn) merged[merged.length - 1] = { ...axis, size: before.size * size };
    else merged.push(axis);
  });
  return merged;
}

/** The descriptors of a move: one, or one for each index along the axes that no loop is left for. */
function describe(axes: readonly Axis[], from: number, to: number): readonly Int32Array[] {
  const [first] = axes;
  if (first === undefined || axes.length <= levels) {
    const unused = Array.from({ length: levels - axes.length }, () => ({
      size: 1,
      fromStride: 0,
      toStride: 0,
    }));
    const all = [...unused, ...axes];
    return [
      Int32Array.from([
        ...[from, to],
        ...all.map(({ size }) => size),
        ...all.map(({ fromStride }) => fromStride * floatBytes),
        ...all.map(({ toStride }) => toStride * floatBytes),
      ]),
    ];
  }
  return Array.from({ length: first.size }, (_, i) =>
    describe(axes.slice(1), from + i * first.fromStride * floatBytes, to + i * first.toStride * floatBytes),
  ).flat();
}

function kernelOf(axes: readonly Axis[], add: boolean): KernelName {
  const { fromStride, toStride } = axes.at(-1) ?? { fromStride: 0, toStride: 0 };
  if (fromStride === 1 && toStride === 1) return add ? "add" : "copy";
  if (fromStride === 1 && toStride === 0 && add) return "sum";
  if (fromStride === 0 && toStride === 1 && !add) return "spread";
  return add ? "addStrided" : "copyStrided";
}

const names = Object.keys(kernels);
let compiled: WebAssembly.Module | undefined;

/** Moves in one memory. `memoryOf` finds the WebAssembly memory of a back end's. */
export function wasmMoves(memoryOf: (memory: BackendMemory) => WebAssembly.Memory): BindMoves {
  return (memory, descriptor, moves) => {
    compiled ??= new WebAssembly.Module(encodeModule(Object.values(kernels).map(nest)));
    const { exports } = new WebAssembly.Instance(compiled, { arena: { memory: memoryOf(memory) } });
    const calls = moves
      .filter(({ sizes }) => sizes.every((size) => size > 0))
      .flatMap((move) => {
        const axes = mergedAxes(move);
        const kernel = exports[String(names.indexOf(kernelOf(axes, move.add ?? false)))];
        if (typeof kernel !== "function") throw new Error("internal: a kernel of moves is missing");
        return describe(axes, move.from.byteOffset, move.to.byteOffset).map((words) => ({ kernel, words }));
      });
    const words = new Int32Array(memory.buffer, descriptor, 2 + 3 * levels);
    return () => {
      for (const call of calls) {
        words.set(call.words);
        call.kernel(descriptor);
      }
    };
  };
}
