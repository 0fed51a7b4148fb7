import { simd } from "../../../backends/wasm/encoder.js";
import type { Four, KernelEncoder } from "../kernelEncoder.js";
import { blockRows, doubleBytes } from "./layout.js";

/*
 * What the inner loops of a symmetric eigendecomposition have in common: float64 matrices in rows, whose rows
 * and columns come in blocks of four; whoever calls pads with zeros.
 */

export const blockBytes = blockRows * doubleBytes;

/** Addresses of four neighbouring rows, advanced together. */
export class FourRows {
  readonly code: KernelEncoder;
  readonly addresses: Four;

  constructor(code: KernelEncoder) {
    this.code = code;
    this.addresses = [code.integer(), code.integer(), code.integer(), code.integer()];
  }

  /** The four rows from an address on. */
  start(first: number, rowBytes: number): void {
    let previous = first;
    for (const [index, address] of this.addresses.entries()) {
      this.code.copy(previous, address);
      if (index > 0) this.code.advanceBy(address, rowBytes);
      previous = address;
    }
  }

  advance(bytes: number): void {
    for (const address of this.addresses) this.code.advance(address, bytes);
  }

  /** An address, four rows further down. */
  next(address: number, rowBytes: number): void {
    for (let row = 0; row < blockRows; row++) this.code.advanceBy(address, rowBytes);
  }
}

export function load(code: KernelEncoder, address: number, offset: number, into: number): void {
  code.get(address);
  code.v128Load(offset);
  code.set(into);
}

export function loadSplats(code: KernelEncoder, address: number, into: Four): void {
  for (const [index, register] of into.entries()) {
    code.get(address);
    code.v128LoadDoubleSplat(index * doubleBytes);
    code.set(register);
  }
}

/** sum ← sum ± a·b. */
export function multiplyInto(
  code: KernelEncoder,
  sum: number,
  a: number,
  b: number,
  operation: "add" | "subtract" = "add",
): void {
  code.get(sum);
  code.get(a);
  code.get(b);
  code.simd(simd.f64x2Multiply);
  code.simd(operation === "add" ? simd.f64x2Add : simd.f64x2Subtract);
  code.set(sum);
}

export function clear(code: KernelEncoder, registers: readonly number[]): void {
  for (const register of registers) {
    code.f32x4Constant(0);
    code.set(register);
  }
}

/** The sums of both lanes of two registers, as one. */
export function sumLanes(code: KernelEncoder, a: number, b: number): void {
  code.get(a);
  code.get(b);
  code.shuffle(0, 1, 4, 5);
  code.get(a);
  code.get(b);
  code.shuffle(2, 3, 6, 7);
  code.simd(simd.f64x2Add);
}

/** The sum of all lanes of two registers, a float64, to whatever takes it from the stack; changes the first. */
export function storeSum(code: KernelEncoder, [a, b]: readonly [number, number], take: () => void): void {
  sumLanes(code, a, b);
  code.set(a);
  for (const lane of [0, 1] as const) {
    code.get(a);
    code.f64x2ExtractLane(lane);
  }
  code.f64Add();
  take();
}

/** Each lane of a register into both of another. */
export function spread(code: KernelEncoder, pair: number, into: readonly [number, number]): void {
  for (const [lane, register] of into.entries()) {
    code.get(pair);
    code.get(pair);
    code.shuffle(2 * lane, 2 * lane + 1, 2 * lane, 2 * lane + 1);
    code.set(register);
  }
}
